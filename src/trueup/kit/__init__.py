"""Words every module speaks: quantities, periods, errors, issues. No Django, no input or output."""
