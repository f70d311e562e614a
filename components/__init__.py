"""The Streamlit pieces that pages share.

shell            page configuration and navigation: the script that Streamlit runs
session          which project this app shows, and a staged import beside it
routes           images, thumbnails and objects by id, as plain HTTP
urls             the one place that builds links
state            URL <-> filters
viewer, gallery  browser components (drawing/ is the JavaScript that they share)
frame_viewer     the viewer, kept in step with the address
charts           a small table in, a plotly figure out
failures         what is shown when a page cannot be
warm_up          reads ahead while the browser starts
filter_rail      the filters in the sidebar; chips shows the active ones
"""
