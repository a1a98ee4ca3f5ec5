# The framing tracker beside a full parser: a few seconds of it in `make test`, a million
# conversations in `make fuzz-http`.
HTTP_FUZZ_SRC := tests/fuzz/http_fuzz.cc tests/fuzz/http_pieces.cc tests/fuzz/http_forms.cc \
	tests/fuzz/http_heads.cc
HTTP_FUZZ_OBJ := $(HTTP_FUZZ_SRC:%.cc=$(B)/%.o)

$(B)/tests/http_fuzz: $(HTTP_FUZZ_OBJ) $(addprefix $(B)/glibc/,preload/connections/http.o \
		preload/connections/http_field.o preload/connections/http_line.o tests/support/http_tracker.o)
	@mkdir -p $(@D)
	$(CXX) -o $@ $^ -lhttp_parser -lgtest -lgtest_main -pthread

.PHONY: fuzz-http
fuzz-http: $(B)/tests/http_fuzz
	HTTP_FUZZ_CASES=1000000 HTTP_FUZZ_SEED=$${HTTP_FUZZ_SEED:-2} $(B)/tests/http_fuzz

-include $(HTTP_FUZZ_OBJ:.o=.d)
