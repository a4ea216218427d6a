"""EXCHANGE: reports in the columns of where MSPs bill, and usage files of any layout, by saved mapping profiles."""
