; Installer for Windows, made by Inno Setup of the bundle in dist\negnn-gui: iscc /DVersion=0.1.0 negnn-gui.iss
; It installs for the current user, without administrator rights, and registers .cif and .mcif files.

#ifndef Version
  #error Give the version: /DVersion=0.1.0
#endif

[Setup]
AppId=io.github.negnn_gui
AppName=negnn-gui
AppVersion={#Version}
AppPublisher=The negnn-gui developers
DefaultDirName={autopf}\negnn-gui
DefaultGroupName=negnn-gui
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
ChangesAssociations=yes
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\negnn-gui.ico
UninstallDisplayIcon={app}\negnn-gui.exe
OutputDir=..\..\dist
OutputBaseFilename=negnn-gui-{#Version}-setup
Compression=lzma2
SolidCompression=yes
WizardStyle=modern

[Files]
Source: "..\..\dist\negnn-gui\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\negnn-gui"; Filename: "{app}\negnn-gui.exe"
Name: "{userdesktop}\negnn-gui"; Filename: "{app}\negnn-gui.exe"; Tasks: desktop

[Tasks]
Name: desktop; Description: "Put a shortcut on the desktop"; Flags: unchecked

[Registry]
Root: HKA; Subkey: "Software\Classes\.cif\OpenWithProgids"; ValueType: string; ValueName: "negnn-gui.cif"; ValueData: ""; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.mcif\OpenWithProgids"; ValueType: string; ValueName: "negnn-gui.cif"; ValueData: ""; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\negnn-gui.cif"; ValueType: string; ValueData: "Crystallographic Information File"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\negnn-gui.cif\DefaultIcon"; ValueType: string; ValueData: "{app}\negnn-gui.exe,0"
Root: HKA; Subkey: "Software\Classes\negnn-gui.cif\shell\open\command"; ValueType: string; ValueData: """{app}\negnn-gui.exe"" ""%1"""

[Run]
Filename: "{app}\negnn-gui.exe"; Description: "Open negnn-gui"; Flags: nowait postinstall skipifsilent
