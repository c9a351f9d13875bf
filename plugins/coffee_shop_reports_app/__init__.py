"""The Reports page: what lies in the reports bucket, and a form to back-fill past periods."""
