/* The JSON writer: commas and nesting, strings of any bytes, misuse that must not become output. */
#include <errno.h>
#include <gtest/gtest.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string>

extern "C" {
#include "base/json.h"
}

namespace
{

class Json : public testing::Test
{
      protected:
	void SetUp() override
	{
		aet_json_init(&json);
	}

	void TearDown() override
	{
		aet_json_fini(&json);
	}

	std::string take()
	{
		char *text = nullptr;
		size_t length = 0;
		int r = aet_json_take(&json, &text, &length);

		if (r < 0)
			return "error " + std::to_string(r);
		std::string result(text, length);
		EXPECT_EQ(strlen(text), length);
		free(text);
		return result;
	}

	std::string quoted(const char *text)
	{
		aet_json_string(&json, text);
		return take();
	}

	aet_json json;
};

TEST_F(Json, ObjectsAndArrays)
{
	aet_json_begin_object(&json);
	aet_json_key(&json, "name");
	aet_json_string(&json, "my-agent");
	aet_json_key(&json, "fds");
	aet_json_begin_array(&json);
	aet_json_int64(&json, 3);
	aet_json_int64(&json, INT64_MIN);
	aet_json_begin_object(&json);
	aet_json_end_object(&json);
	aet_json_begin_array(&json);
	aet_json_end_array(&json);
	aet_json_end_array(&json);
	aet_json_key(&json, "up");
	aet_json_double(&json, 12.46);
	aet_json_key(&json, "on");
	aet_json_bool(&json, true);
	aet_json_key(&json, "last");
	aet_json_null(&json);
	aet_json_end_object(&json);
	EXPECT_EQ(take(),
		"{\"name\": \"my-agent\", \"fds\": [3, -9223372036854775808, {}, []], "
		"\"up\": 12.5, \"on\": true, \"last\": null}");
}

TEST_F(Json, ScalarsAlone)
{
	aet_json_bool(&json, false);
	EXPECT_EQ(take(), "false");
	aet_json_string(&json, nullptr);
	EXPECT_EQ(take(), "null");
	aet_json_double(&json, NAN);
	EXPECT_EQ(take(), "null");
	aet_json_double(&json, -INFINITY);
	EXPECT_EQ(take(), "null");
	aet_json_double(&json, 1e308);
	EXPECT_EQ(take().size(), 311u);
	aet_json_double(&json, 0);
	EXPECT_EQ(take(), "0.0");
}

TEST_F(Json, StringsAreEscaped)
{
	EXPECT_EQ(quoted(""), "\"\"");
	EXPECT_EQ(quoted("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
	EXPECT_EQ(quoted("\n\r\t\b\f\x01\x1f\x7f"),
		"\"\\n\\r\\t\\u0008\\u000c\\u0001\\u001f\\u007f\"");
	EXPECT_EQ(quoted("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
		"\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST_F(Json, InvalidUtf8IsReplaced)
{
	EXPECT_EQ(quoted("\xff"), "\"\\ufffd\"");
	EXPECT_EQ(quoted("a\x80z"), "\"a\\ufffdz\"");
	EXPECT_EQ(quoted("\xc3"), "\"\\ufffd\""); /* cut short */
	EXPECT_EQ(quoted("\xc0\xaf"), "\"\\ufffd\\ufffd\""); /* overlong */
	EXPECT_EQ(quoted("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"");
	EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""); /* a surrogate */
	EXPECT_EQ(quoted("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	EXPECT_EQ(quoted("\xf0\x80\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	EXPECT_EQ(quoted("\xf0\x9f\x98"), "\"\\ufffd\\ufffd\\ufffd\"");
	EXPECT_EQ(quoted("\xe2\x82\"x"), "\"\\ufffd\\ufffd\\\"x\"");
}

TEST_F(Json, GrowsAsNeeded)
{
	std::string big(1 << 20, 'x');

	EXPECT_EQ(quoted(big.c_str()), "\"" + big + "\"");
	aet_json_begin_array(&json);
	for (int i = 0; i < 100000; i++)
		aet_json_int64(&json, i);
	aet_json_end_array(&json);
	EXPECT_EQ(take().size(), 688890u);
}

TEST_F(Json, PrintsALineOrNothing)
{
	char *text = nullptr;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	aet_json_begin_object(&json);
	aet_json_add_string(&json, "a", "b");
	aet_json_add_int64(&json, "c", -1);
	aet_json_add_double(&json, "d", 0.25);
	aet_json_add_bool(&json, "e", true);
	aet_json_add_null(&json, "f");
	aet_json_end_object(&json);
	EXPECT_EQ(aet_json_print(&json, out), 0);
	aet_json_begin_array(&json);
	EXPECT_EQ(aet_json_print(&json, out), -EINVAL);
	fclose(out);
	EXPECT_STREQ(text, "{\"a\": \"b\", \"c\": -1, \"d\": 0.2, \"e\": true, \"f\": null}\n");
	free(text);
}

TEST_F(Json, MisuseIsAnError)
{
	EXPECT_EQ(take(), "error -22") << "nothing was said";
	aet_json_begin_object(&json);
	EXPECT_EQ(take(), "error -22") << "still open";
	aet_json_end_array(&json);
	EXPECT_EQ(take(), "error -22") << "the wrong end";

	aet_json_fini(&json);
	aet_json_begin_object(&json);
	aet_json_int64(&json, 1);
	aet_json_end_object(&json);
	EXPECT_EQ(take(), "error -22") << "a value without its key";

	aet_json_fini(&json);
	aet_json_begin_object(&json);
	aet_json_key(&json, "a");
	aet_json_end_object(&json);
	EXPECT_EQ(take(), "error -22") << "a key without its value";

	aet_json_fini(&json);
	aet_json_int64(&json, 1);
	aet_json_int64(&json, 2);
	EXPECT_EQ(take(), "error -22") << "two documents";

	aet_json_fini(&json);
	aet_json_end_object(&json);
	EXPECT_EQ(take(), "error -22");
}

TEST_F(Json, DepthIsBounded)
{
	for (int i = 0; i < AET_JSON_MAX_DEPTH - 1; i++)
		aet_json_begin_array(&json);
	for (int i = 0; i < AET_JSON_MAX_DEPTH - 1; i++)
		aet_json_end_array(&json);
	EXPECT_EQ(take().size(), 2u * (AET_JSON_MAX_DEPTH - 1));
	for (int i = 0; i < 200; i++)
		aet_json_begin_array(&json);
	for (int i = 0; i < 200; i++)
		aet_json_end_array(&json);
	EXPECT_EQ(take(), "error -22");
}

} // namespace
