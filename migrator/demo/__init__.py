"""`freeseat demo`: the whole story on a practice pair, by the commands that everybody types, over real HTTP."""
