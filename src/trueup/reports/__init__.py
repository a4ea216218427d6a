"""THE REPORT: lines, drafts, comments, workflow, deadlines, penalties, review."""
