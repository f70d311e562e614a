"""Charts: a small table in, a plotly figure out. Nothing here knows Streamlit or reads a project."""
