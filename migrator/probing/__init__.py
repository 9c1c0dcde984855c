"""`freeseat probe`: finds out what a sandbox does where no document tells, with a user of its own that it puts back."""
