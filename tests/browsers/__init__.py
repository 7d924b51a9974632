"""The same conversation in browsers that few developers have: run by `make browsers`, not with the other tests."""
