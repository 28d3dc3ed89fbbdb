def test_prints():
    print "apple"
