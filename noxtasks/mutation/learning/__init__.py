"""What survivors teach: which may be no defect, which input tells them from the original, and the test to write."""
