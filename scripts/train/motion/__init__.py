"""What forest and centroid share: an accelerometer, features of its windows, the model format."""
