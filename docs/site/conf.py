"""The documentation as a static site: `sphinx-build -W --keep-going -c docs/site . build/site`.

The sources are the Markdown files of the repository as GitHub shows them, in the folders where they lie, so
that a link that works there works here. Nothing of the site needs a network: formulas become MathML, fonts
are the reader's own, and the search runs in the browser, also from a folder (`file://`).
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from hpcfit import __version__  # noqa: E402 - found by the line above

project = "hpcfit"
author = "The hpcfit developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "contents",
    "docstrings",
    "mathml",
]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "jobs/**.md", "plugins/*/README.md", "README.md", "CHANGELOG.md"]
nitpicky = False

# The Markdown of GitHub: anchors of headings, $formulas$ and ```math.
myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
# Formulas with a label are a thing of Sphinx that GitHub does not know.
myst_dmath_allow_labels = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False

# Two hyphens begin an option.
smartquotes = False
highlight_language = "text"
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = f"hpcfit {release}"
html_static_path = ["static"]
html_css_files = ["hpcfit.css"]
html_extra_path = ["extra"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_math_renderer = "mathml"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f5fa8", "color-brand-content": "#1f5fa8"},
    "dark_css_variables": {"color-brand-primary": "#8ab8ee", "color-brand-content": "#8ab8ee"},
}
