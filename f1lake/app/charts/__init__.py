"""charts: the page's charts as SVG, drawn from plain values; colours of text and grid come from `style.css`."""
