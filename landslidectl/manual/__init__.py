"""The offline manual: its pages, as text, as one HTML file, and the card to print."""
