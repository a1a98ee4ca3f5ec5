# `make demo`: the main job on real input, in under a minute.
.PHONY: demo
demo: build load
	@examples/demo.sh
