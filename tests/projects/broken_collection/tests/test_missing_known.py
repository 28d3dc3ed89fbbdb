import cv2


def test_reads_a_picture():
    assert cv2.imread
