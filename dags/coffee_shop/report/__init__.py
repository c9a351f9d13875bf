"""What a report is: its period, questions, figures, workbooks, and where they are kept."""
