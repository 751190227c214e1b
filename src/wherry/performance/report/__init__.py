"""The integrated performance report: put together once, shown in the browser, as PDF and as a workbook."""
