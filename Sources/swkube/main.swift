print("swkube")
