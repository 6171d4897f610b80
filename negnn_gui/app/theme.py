"""Light and dark: Fusion style, neutral greys and one accent colour."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from negnn_gui import locations

Role = QPalette.ColorRole

_LIGHT = {
    Role.Window: "#f3f4f6",
    Role.WindowText: "#1b1f24",
    Role.Base: "#ffffff",
    Role.AlternateBase: "#f7f8fa",
    Role.Text: "#1b1f24",
    Role.PlaceholderText: "#656c76",
    Role.Button: "#eceef1",
    Role.ButtonText: "#1b1f24",
    Role.BrightText: "#ffffff",
    Role.ToolTipBase: "#ffffff",
    Role.ToolTipText: "#1b1f24",
    Role.Highlight: "#2f62c4",
    Role.HighlightedText: "#ffffff",
    Role.Accent: "#2f62c4",
    Role.Link: "#2f62c4",
    Role.LinkVisited: "#2f62c4",
    Role.Light: "#ffffff",
    Role.Midlight: "#e3e6ea",
    Role.Mid: "#c9ced6",
    Role.Dark: "#9aa2ad",
    Role.Shadow: "#6b7280",
}
_DARK = {
    Role.Window: "#22252a",
    Role.WindowText: "#e7e9ec",
    Role.Base: "#1a1c20",
    Role.AlternateBase: "#1f2226",
    Role.Text: "#e7e9ec",
    Role.PlaceholderText: "#9aa2ad",
    Role.Button: "#2e3238",
    Role.ButtonText: "#e7e9ec",
    Role.BrightText: "#ffffff",
    Role.ToolTipBase: "#2e3238",
    Role.ToolTipText: "#e7e9ec",
    Role.Highlight: "#3a6bcb",
    Role.HighlightedText: "#ffffff",
    Role.Accent: "#8ab0ff",
    Role.Link: "#8ab0ff",
    Role.LinkVisited: "#8ab0ff",
    Role.Light: "#3d434b",
    Role.Midlight: "#343940",
    Role.Mid: "#3a3f47",
    Role.Dark: "#15171a",
    Role.Shadow: "#0c0d0f",
}
_DISABLED = {False: "#979da6", True: "#6d747e"}
_WARNING = {False: "#a34a00", True: "#ffb36b"}
_GOOD = {False: "#1f7a3f", True: "#6fcf8f"}

_STYLE = """
QMainWindow::separator {{ background: {window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QToolBar {{ border: none; border-bottom: 1px solid {mid}; spacing: 3px; padding: 4px 6px; }}
QToolBar QToolButton, FlowBar QToolButton {{ padding: 3px 7px; border-radius: 4px; border: 1px solid transparent; }}
FlowBar QToolButton {{ padding: 3px 2px; }}
QToolBar QToolButton:hover, FlowBar QToolButton:hover {{ background: {midlight}; }}
QToolBar QToolButton:focus, FlowBar QToolButton:focus {{ border-color: {accent}; }}
QToolBar QToolButton:pressed, QToolBar QToolButton:checked,
FlowBar QToolButton:pressed, FlowBar QToolButton:checked {{
  background: {highlight}; color: {highlighted};
}}
QToolBar QToolBarExtension {{ padding: 0px; border: none; }}
QToolBar QToolButton[popupMode="2"] {{ padding-right: 20px; }}
FlowBar QToolButton[popupMode="2"] {{ padding-right: 16px; }}
QToolBar QToolButton::menu-indicator, FlowBar QToolButton::menu-indicator {{
  subcontrol-position: right center; right: 6px;
}}
QLineEdit {{ border: 1px solid {mid}; border-radius: 3px; padding: 2px 4px; background: {base}; }}
QLineEdit:focus {{ border-color: {accent}; }}
QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {edge}; border-radius: 3px; }}
QCheckBox::indicator:unchecked {{ background: {base}; }}
QCheckBox::indicator:checked {{ background: {highlight}; border-color: {highlight}; image: url("{check}"); }}
QCheckBox::indicator:disabled {{ border-color: {mid}; }}
QRadioButton::indicator {{ width: 13px; height: 13px; border: 1px solid {edge}; border-radius: 7px; }}
QRadioButton::indicator:unchecked {{ background: {base}; }}
QRadioButton::indicator:checked {{
    width: 7px; height: 7px; border: 4px solid {highlight}; border-radius: 7px; background: {base};
}}
QRadioButton::indicator:disabled {{ border-color: {mid}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QStatusBar {{ border-top: 1px solid {mid}; padding-left: 4px; }}
QStatusBar::item {{ border: none; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ padding: 5px 8px; background: {window}; }}
QToolTip {{ color: {text}; background: {tooltip}; border: 1px solid {mid}; padding: 3px; }}
"""


class Theme(QObject):
    """Keeps the application's palette in step with the system, or with what the user chose.

    ``changed`` follows every change; views that keep colours of their own draw again.
    """

    changed = Signal()

    def __init__(
        self, application: QApplication, appearance: str = "system", font_percent: int = 100
    ) -> None:
        super().__init__(application)
        self._application = application
        self._appearance = appearance
        self._own_font = QFont(application.font())
        if font_percent != 100:
            self.set_font_percent(font_percent)
        application.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)
        self._apply()

    def set_appearance(self, appearance: str) -> None:
        """Follow the "system", or stay "light" or "dark"."""
        self._appearance = appearance
        self._apply()
        self.changed.emit()

    def set_font_percent(self, percent: int) -> None:
        """Letters of another size, in percent of the system's; views lay themselves out anew."""
        font = QFont(self._own_font)
        font.setPointSizeF(self._own_font.pointSizeF() * percent / 100)
        self._application.setFont(font)
        if sheet := self._application.styleSheet():
            # Under a style sheet widgets keep the font they were polished with.
            self._application.setStyleSheet("")
            self._application.setStyleSheet(sheet)

    def _follow(self) -> None:
        if self._appearance == "system":
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        dark = self._appearance == "dark" or (self._appearance == "system" and _system_is_dark())
        colours = palette(dark)
        self._application.setPalette(colours)
        self._application.setStyleSheet(_style_sheet(colours))


def palette(dark: bool) -> QPalette:
    """All colours of the light or the dark appearance."""
    result = QPalette()
    for role, colour in (_DARK if dark else _LIGHT).items():
        result.setColor(role, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for role in (Role.WindowText, Role.Text, Role.ButtonText):
        result.setColor(disabled, role, QColor(_DISABLED[dark]))
    result.setColor(disabled, Role.Highlight, QColor(_DISABLED[dark]))
    return result


def is_dark(colours: QPalette) -> bool:
    """Whether text is lighter than what it stands on."""
    return colours.color(Role.WindowText).lightness() > colours.color(Role.Window).lightness()


def warning_colour(colours: QPalette) -> QColor:
    """Colour of warnings, readable (4.5:1) on the palette's background."""
    return QColor(_WARNING[is_dark(colours)])


def good_colour(colours: QPalette) -> QColor:
    """Colour of the mark that a structure is predicted."""
    return QColor(_GOOD[is_dark(colours)])


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _style_sheet(colours: QPalette) -> str:
    names = {
        "window": Role.Window,
        "base": Role.Base,
        "edge": Role.PlaceholderText,
        "accent": Role.Accent,
        "mid": Role.Mid,
        "midlight": Role.Midlight,
        "highlight": Role.Highlight,
        "highlighted": Role.HighlightedText,
        "text": Role.ToolTipText,
        "tooltip": Role.ToolTipBase,
    }
    check = (locations.resources_dir() / "icons" / "check.svg").as_posix()
    return _STYLE.format(**{name: colours.color(role).name() for name, role in names.items()}, check=check)
