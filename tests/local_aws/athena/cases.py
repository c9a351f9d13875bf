"""One or more cases for every function and construct of the table.

A case of a function is an expression, its Trino type and its text (None is null), or the start of an error. A case of a
construct is a query and its rows, or the start of an error. Tables are those of ``zoo`` in conftest.
"""

# name -> [(expression, type, text)] or [(expression, "error", start of the message)]
FUNCTIONS = {
    "abs": [("abs(-5)", "integer", "5"), ("abs(-1.50)", "decimal(3,2)", "1.50"), ("abs(-2e0)", "double", "2.0")],
    "acos": [("acos(1e0)", "double", "0.0")],
    "any_match": [
        ("any_match(array[1, 2], x -> x > 1)", "boolean", "true"),
        ("any_match(array[1, null], x -> x > 1)", "boolean", None),
    ],
    "all_match": [
        ("all_match(array[1, 2], x -> x > 1)", "boolean", "false"),
        ("all_match(array[2, null], x -> x > 1)", "boolean", None),
    ],
    "none_match": [("none_match(array[1, 2], x -> x > 2)", "boolean", "true")],
    "array_distinct": [("array_distinct(array[2, 1, 2, null, null])", "array(integer)", "[2, 1, null]")],
    "array_join": [
        ("array_join(array['a', null, 'b'], '-')", "varchar", "a-b"),
        ("array_join(array[1, null], ',', '?')", "varchar", "1,?"),
        ("array_join(array[1.5e0], ',')", "varchar", "1.5E0"),
    ],
    "array_max": [("array_max(array[1, 3, 2])", "integer", "3"), ("array_max(array[1, null])", "integer", None)],
    "array_min": [("array_min(array[2, 1])", "integer", "1")],
    "array_position": [
        ("array_position(array[5, 6], 6)", "bigint", "2"),
        ("array_position(array[5], 7)", "bigint", "0"),
    ],
    "array_remove": [("array_remove(array[1, 2, 1], 1)", "array(integer)", "[2]")],
    "array_sort": [("array_sort(array[3, null, 1])", "array(integer)", "[1, 3, null]")],
    "asin": [("asin(0e0)", "double", "0.0")],
    "atan": [("atan(0e0)", "double", "0.0")],
    "atan2": [("atan2(0e0, 1e0)", "double", "0.0")],
    "bitwise_and": [("bitwise_and(6, 3)", "bigint", "2")],
    "bitwise_or": [("bitwise_or(6, 3)", "bigint", "7")],
    "bitwise_xor": [("bitwise_xor(6, 3)", "bigint", "5")],
    "cardinality": [
        ("cardinality(array[1, 2])", "bigint", "2"),
        ("cardinality(map(array['a'], array[1]))", "bigint", "1"),
    ],
    "cbrt": [("cbrt(27e0)", "double", "3.0")],
    "ceil": [("ceil(-1.5)", "decimal(2,0)", "-1"), ("ceil(1.2e0)", "double", "2.0"), ("ceil(3)", "integer", "3")],
    "ceiling": [("ceiling(1.2)", "decimal(2,0)", "2")],
    "chr": [("chr(65)", "varchar", "A")],
    "coalesce": [
        ("coalesce(null, 2, 3.5)", "decimal(11,1)", "2.0"),
        ("coalesce(cast(null as varchar), 'x')", "varchar", "x"),
        (
            "coalesce('x', 1)",
            "error",
            (
                "TYPE_MISMATCH: line 1:8: All COALESCE operands must be the same type or coercible to a "
                "common type. Cannot find common type between varchar(1) and integer, all types (without duplicates): "
                "[varchar(1), integer]"
            ),
        ),
    ],
    "codepoint": [("codepoint('A')", "integer", "65")],
    "concat": [
        ("concat('a', 'b', 'c')", "varchar", "abc"),
        ("concat('a', cast(null as varchar))", "varchar", None),
        ("concat(array[1], 2)", "array(integer)", "[1, 2]"),
        (
            "concat('a', 1)",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1), integer) for function concat",
        ),
        (
            "concat('a')",
            "error",
            "INVALID_FUNCTION_ARGUMENT: line 1:8: There must be two or more concatenation arguments",
        ),
    ],
    "concat_ws": [
        ("concat_ws(',', 'a', cast(null as varchar), 'b')", "varchar", "a,b"),
        ("concat_ws('-', array['x', 'y'])", "varchar", "x-y"),
        (
            "concat_ws(',', 'a', 1)",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1), varchar(1), integer)",
        ),
    ],
    "contains": [
        ("contains(array[1, 2], 2)", "boolean", "true"),
        ("contains(array[1, null], 2)", "boolean", None),
        ("contains(array['a'], 1)", "error", "FUNCTION_NOT_FOUND"),
    ],
    "cos": [("cos(0e0)", "double", "1.0")],
    "date": [
        ("date('2021-03-04')", "date", "2021-03-04"),
        ("date(timestamp '2021-03-04 05:06:07')", "date", "2021-03-04"),
    ],
    "date_add": [
        ("date_add('day', -7, date '2021-03-08')", "date", "2021-03-01"),
        ("date_add('month', 1, date '2021-01-31')", "date", "2021-02-28"),
        ("date_add('hour', 1, timestamp '2021-03-01 23:30:00')", "timestamp(3)", "2021-03-02 00:30:00.000"),
        ("date_add('week', 2, date '2021-03-01')", "date", "2021-03-15"),
        ("date_add('quarter', 1, date '2021-03-31')", "date", "2021-06-30"),
        (
            "date_add('hour', 1, date '2021-03-01')",
            "error",
            "INVALID_FUNCTION_ARGUMENT: line 1:8: 'hour' is not a valid DATE field",
        ),
        (
            "date_add('day', 1, '2021-03-01')",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(3), integer, varchar(10)) for function date_add",
        ),
    ],
    "date_diff": [
        ("date_diff('day', date '2021-03-01', date '2021-03-29')", "bigint", "28"),
        ("date_diff('month', date '2021-01-31', date '2021-02-28')", "bigint", "1"),
        ("date_diff('year', date '2000-06-15', date '2021-06-14')", "bigint", "20"),
        ("date_diff('week', date '2021-03-01', date '2021-03-14')", "bigint", "1"),
        ("date_diff('day', timestamp '2021-03-01 12:00:00', timestamp '2021-03-02 11:59:59')", "bigint", "0"),
        ("date_diff('hour', timestamp '2021-03-01 00:00:00', timestamp '2021-03-02 01:30:00')", "bigint", "25"),
        (
            "date_diff('day', '2021-03-01', date '2021-03-29')",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(3), varchar(10), date) for function date_diff",
        ),
    ],
    "date_format": [
        ("date_format(timestamp '2021-03-04 13:05:09', '%Y-%m-%d %H:%i:%s')", "varchar", "2021-03-04 13:05:09"),
        ("date_format(date '2021-03-04', '%W %a %M %b %c %e %j %y')", "varchar", "Thursday Thu March Mar 3 4 063 21"),
        (
            "date_format(timestamp '2021-03-04 13:05:09', '%h:%i %p %l %k %T %r %f %%')",
            "varchar",
            "01:05 PM 1 13 13:05:09 01:05:09 PM 000000 %",
        ),
        (
            "date_format(date '2021-03-04', '%w')",
            "error",
            "INVALID_FUNCTION_ARGUMENT: line 1:8: %w not currently supported in the date format string",
        ),
    ],
    "date_parse": [
        ("date_parse('03/04/2021', '%m/%d/%Y')", "timestamp(3)", "2021-03-04 00:00:00.000"),
        ("date_parse('2021-03-04 13:05:09', '%Y-%m-%d %H:%i:%s')", "timestamp(3)", "2021-03-04 13:05:09.000"),
        ("date_parse('4-Mar-21', '%e-%b-%y')", "timestamp(3)", "2021-03-04 00:00:00.000"),
        ("date_parse('x', '%Y')", "error", 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"'),
        ("date_parse('12', '%m')", "error", "NOT_SUPPORTED: line 1:8: date_parse with format %m"),
    ],
    "date_trunc": [
        ("date_trunc('week', date '2021-03-07')", "date", "2021-03-01"),
        ("date_trunc('month', timestamp '2021-03-07 01:02:03')", "timestamp(3)", "2021-03-01 00:00:00.000"),
        ("date_trunc('quarter', date '2021-06-07')", "date", "2021-04-01"),
        (
            "date_trunc('century', date '2021-06-07')",
            "error",
            "INVALID_FUNCTION_ARGUMENT: line 1:8: 'century' is not a valid DATE field",
        ),
    ],
    "day": [("day(date '2021-03-04')", "bigint", "4")],
    "day_of_month": [("day_of_month(date '2021-03-04')", "bigint", "4")],
    "day_of_week": [
        ("day_of_week(date '2021-03-07')", "bigint", "7"),
        ("day_of_week(date '2021-03-01')", "bigint", "1"),
    ],
    "day_of_year": [("day_of_year(date '2021-03-01')", "bigint", "60")],
    "degrees": [("degrees(pi())", "double", "180.0")],
    "dow": [("dow(date '2021-03-07')", "bigint", "7")],
    "doy": [("doy(date '2021-01-31')", "bigint", "31")],
    "e": [("e()", "double", "2.718281828459045")],
    "element_at": [
        ("element_at(array[1, 2], 2)", "integer", "2"),
        ("element_at(array[1, 2], -1)", "integer", "2"),
        ("element_at(array[1, 2], 3)", "integer", None),
        ("element_at(array[1, 2], 0)", "error", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
        ("element_at(map(array['a'], array[1]), 'b')", "integer", None),
    ],
    "exp": [("exp(0e0)", "double", "1.0")],
    "filter": [("filter(array[1, 2, 3], x -> x <> 2)", "array(integer)", "[1, 3]")],
    "flatten": [("flatten(array[array[1], array[2, 3]])", "array(integer)", "[1, 2, 3]")],
    "floor": [("floor(-1.5)", "decimal(2,0)", "-2"), ("floor(1.9e0)", "double", "1.0")],
    "format": [
        (
            "format('%s and %5.2f of %03d, %,d %%', 'a', 2.345e0, 7, 1234567)",
            "varchar",
            "a and  2.35 of 007, 1,234,567 %",
        ),
        ("format('%x', 1)", "error", "NOT_SUPPORTED: line 1:8: format %x of integer"),
    ],
    "format_datetime": [
        ("format_datetime(timestamp '2021-03-04 13:05:09', 'yyyy-MM-dd HH:mm:ss')", "varchar", "2021-03-04 13:05:09"),
        (
            "format_datetime(date '2021-03-04', 'EEEE d MMMM yyyy ''at'' xxxx-ww')",
            "varchar",
            "Thursday 4 March 2021 at 2021-09",
        ),
        ("format_datetime(date '2021-03-04', 'G')", "error", "NOT_SUPPORTED: line 1:8: date format letters G"),
    ],
    "from_base64": [("from_base64('YWI=')", "varbinary", "61 62")],
    "from_hex": [("from_hex('6162')", "varbinary", "61 62")],
    "from_iso8601_date": [("from_iso8601_date('2021-03-04')", "date", "2021-03-04")],
    "from_unixtime": [("from_unixtime(0)", "timestamp(3) with time zone", "1970-01-01 00:00:00.000 UTC")],
    "from_utf8": [("from_utf8(from_hex('6162'))", "varchar", "ab")],
    "greatest": [("greatest(1, 3, 2)", "integer", "3"), ("greatest(1, null)", "integer", None)],
    "hamming_distance": [("hamming_distance('abc', 'abd')", "bigint", "1")],
    "hour": [("hour(timestamp '2021-03-04 13:05:09')", "bigint", "13")],
    "infinity": [("infinity()", "double", "Infinity")],
    "is_finite": [("is_finite(1e0)", "boolean", "true")],
    "is_infinite": [("is_infinite(infinity())", "boolean", "true")],
    "is_nan": [("is_nan(nan())", "boolean", "true")],
    "json_array_length": [("json_array_length('[1, 2]')", "bigint", "2"), ("json_array_length('{}')", "bigint", None)],
    "json_extract": [("json_extract('{\"a\": [1]}', '$.a')", "json", "[1]")],
    "json_extract_scalar": [
        ('json_extract_scalar(\'{"a": {"b": "x"}}\', \'$.a.b\')', "varchar", "x"),
        ("json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a')", "varchar", None),
        ("json_extract_scalar('not json', '$.a')", "varchar", None),
    ],
    "json_format": [("json_format(json_parse('[1,2]'))", "varchar", "[1,2]")],
    "json_parse": [("json_parse('{\"a\":1}')", "json", '{"a":1}')],
    "last_day_of_month": [("last_day_of_month(date '2021-02-03')", "date", "2021-02-28")],
    "least": [("least(2, 1.5)", "decimal(11,1)", "1.5"), ("least('b', 'a')", "varchar(1)", "a")],
    "length": [
        ("length('héllo')", "bigint", "5"),
        ("length(1)", "error", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer) for function length"),
    ],
    "levenshtein_distance": [("levenshtein_distance('kitten', 'sitting')", "bigint", "3")],
    "ln": [("ln(1e0)", "double", "0.0"), ("ln(0)", "double", "-Infinity"), ("ln(-1)", "double", "NaN")],
    "log10": [("log10(100)", "double", "2.0")],
    "log2": [("log2(8)", "double", "3.0")],
    "lower": [("lower('ÄB')", "varchar", "äb")],
    "lpad": [("lpad('7', 3, '0')", "varchar", "007"), ("lpad('12345', 3, '0')", "varchar", "123")],
    "ltrim": [("ltrim('  a ')", "varchar", "a "), ("ltrim('xxa', 'x')", "varchar", "a")],
    "map": [("map(array['a', 'b'], array[1, 2])", "map(varchar(1), integer)", "{a=1, b=2}")],
    "map_keys": [("map_keys(map(array['a'], array[1]))", "array(varchar(1))", "[a]")],
    "map_values": [("map_values(map(array['a'], array[1]))", "array(integer)", "[1]")],
    "md5": [
        ("to_hex(md5(to_utf8('abc')))", "varchar", "900150983CD24FB0D6963F7D28E17F72"),
        (
            "md5('abc')",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(3)) for function md5. Expected: md5(varbinary)",
        ),
    ],
    "millisecond": [("millisecond(timestamp '2021-03-04 13:05:09.123')", "bigint", "123")],
    "minute": [("minute(timestamp '2021-03-04 13:05:09')", "bigint", "5")],
    "mod": [("mod(-7, 3)", "integer", "-1"), ("mod(1, 0)", "error", "DIVISION_BY_ZERO: Division by zero")],
    "month": [
        ("month(date '2021-03-04')", "bigint", "3"),
        (
            "month('2021-03-04')",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(10)) for function month",
        ),
    ],
    "nan": [("nan()", "double", "NaN")],
    "normalize": [("normalize('é')", "varchar", "é")],
    "now": [("now() > timestamp '2021-01-01 00:00:00'", "boolean", "true")],
    "nullif": [
        ("nullif(1, 1)", "integer", None),
        ("nullif(2, 1)", "integer", "2"),
        (
            "nullif('a', 1)",
            "error",
            "TYPE_MISMATCH: line 1:8: Types are not comparable with NULLIF: varchar(1) vs integer",
        ),
    ],
    "parse_datetime": [
        (
            "parse_datetime('2021-03-04 13:05', 'yyyy-MM-dd HH:mm')",
            "timestamp(3) with time zone",
            "2021-03-04 13:05:00.000 UTC",
        )
    ],
    "pi": [("pi()", "double", "3.141592653589793")],
    "pow": [("pow(2, 3)", "double", "8.0")],
    "power": [("power(2, 10)", "double", "1024.0")],
    "quarter": [("quarter(date '2021-06-30')", "bigint", "2")],
    "radians": [("radians(180)", "double", "3.141592653589793")],
    "random": [("random() < 1", "boolean", "true")],
    "reduce": [
        ("reduce(array[1, 2, 3], 0, (s, x) -> s + x, s -> s)", "integer", "6"),
        ("reduce(array['a', 'b'], '', (s, x) -> concat(s, x), s -> upper(s))", "error", "TYPE_MISMATCH"),
        ("reduce(array['a', 'b'], cast('' as varchar), (s, x) -> concat(s, x), s -> upper(s))", "varchar", "AB"),
        ("reduce(cast(array[] as array(integer)), 5, (s, x) -> s + x, s -> s * 2)", "integer", "10"),
    ],
    "regexp_count": [("regexp_count('1a 2b 14m', '\\s*[a-z]+\\s*')", "bigint", "3")],
    "regexp_extract": [
        ("regexp_extract('1a 2b 14m', '\\d+')", "varchar", "1"),
        ("regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "varchar", "a"),
        ("regexp_extract('abc', '\\d+')", "varchar", None),
        ("regexp_extract('abc', '(?<=a)b')", "error", "NOT_SUPPORTED: line 1:8: regular expression (?<=a)b"),
    ],
    "regexp_extract_all": [("regexp_extract_all('1a 2b 14m', '\\d+')", "array(varchar)", "[1, 2, 14]")],
    "regexp_like": [
        ("regexp_like('1a 2b 14m', '\\d+b')", "boolean", "true"),
        ("regexp_like(1, 'a')", "error", "FUNCTION_NOT_FOUND"),
    ],
    "regexp_replace": [
        ("regexp_replace('1a 2b 14m', '\\d+[ab] ')", "varchar", "14m"),
        ("regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", "varchar", "3ca 3cb 14m"),
        ("regexp_replace('12.500000', '\\.?0+$', '')", "varchar", "12.5"),
    ],
    "regexp_split": [("regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')", "array(varchar)", "[1, 2, 14, ]")],
    "repeat": [("repeat('x', 2)", "array(varchar(1))", "[x, x]")],
    "replace": [("replace('abcb', 'b')", "varchar", "ac"), ("replace('abcb', 'b', 'x')", "varchar", "axcx")],
    "reverse": [("reverse('abc')", "varchar", "cba"), ("reverse(array[1, 2])", "array(integer)", "[2, 1]")],
    "round": [
        ("round(2.5)", "decimal(2,0)", "3"),
        ("round(-2.5e0)", "double", "-3.0"),
        ("round(2.345, 2)", "decimal(5,3)", "2.350"),
        ("round(123.456e0, 1)", "double", "123.5"),
        ("round(7)", "integer", "7"),
        ("round(155, -1)", "integer", "160"),
        ("round('a')", "error", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function round"),
    ],
    "row": [("row(1, 'x')", "row(integer, varchar(1))", "{field0=1, field1=x}")],
    "rpad": [("rpad('7', 3, 'ab')", "varchar", "7ab")],
    "rtrim": [("rtrim(' a  ')", "varchar", " a"), ("rtrim('1.500', '0')", "varchar", "1.5")],
    "second": [("second(timestamp '2021-03-04 13:05:09.900')", "bigint", "9")],
    "sequence": [
        ("sequence(1, 3)", "array(bigint)", "[1, 2, 3]"),
        ("sequence(3, 1)", "array(bigint)", "[3, 2, 1]"),
        ("sequence(1, 9, 4)", "array(bigint)", "[1, 5, 9]"),
        ("sequence(date '2021-02-27', date '2021-03-01')", "array(date)", "[2021-02-27, 2021-02-28, 2021-03-01]"),
        (
            "sequence(date '2021-01-31', date '2021-03-31', interval '1' month)",
            "array(date)",
            "[2021-01-31, 2021-02-28, 2021-03-31]",
        ),
        ("sequence(date '2021-01-31', date '2021-03-31', 1)", "error", "FUNCTION_NOT_FOUND"),
        (
            "sequence('a', 'b')",
            "error",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1), varchar(1)) for function sequence",
        ),
    ],
    "sha1": [("to_hex(sha1(to_utf8('abc')))", "varchar", "A9993E364706816ABA3E25717850C26C9CD0D89D")],
    "sha256": [
        (
            "to_hex(sha256(to_utf8('abc')))",
            "varchar",
            "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        )
    ],
    "sign": [("sign(-3)", "integer", "-1"), ("sign(2.5e0)", "double", "1.0"), ("sign(-2.5)", "decimal(1,0)", "-1")],
    "sin": [("sin(0e0)", "double", "0.0")],
    "slice": [
        ("slice(array[1, 2, 3, 4], 2, 2)", "array(integer)", "[2, 3]"),
        ("slice(array[1, 2, 3, 4], -2, 2)", "array(integer)", "[3, 4]"),
    ],
    "split": [("split('a,b,,c', ',')", "array(varchar)", "[a, b, , c]")],
    "split_part": [("split_part('a,b', ',', 2)", "varchar", "b"), ("split_part('a,b', ',', 3)", "varchar", None)],
    "sqrt": [("sqrt(16)", "double", "4.0"), ("sqrt(-1)", "double", "NaN")],
    "starts_with": [("starts_with('abc', 'ab')", "boolean", "true")],
    "strpos": [("strpos('abcb', 'b')", "bigint", "2"), ("strpos('abc', 'x')", "bigint", "0")],
    "substr": [
        ("substr('abcdef', 2)", "varchar", "bcdef"),
        ("substr('abcdef', 2, 3)", "varchar", "bcd"),
        ("substr('abcdef', -2)", "varchar", "ef"),
        ("substr('abcdef', 0)", "varchar", ""),
        ("substr('abc', 7)", "varchar", ""),
    ],
    "substring": [("substring('abc', 2, 1)", "varchar", "b")],
    "tan": [("tan(0e0)", "double", "0.0")],
    "to_base64": [("to_base64(to_utf8('ab'))", "varchar", "YWI=")],
    "to_hex": [("to_hex(to_utf8('jk'))", "varchar", "6A6B")],
    "to_unixtime": [("to_unixtime(timestamp '1970-01-01 00:00:10.500')", "double", "10.5")],
    "to_utf8": [("to_utf8('é')", "varbinary", "c3 a9")],
    "transform": [
        ("transform(array[1, 2], x -> x * 2)", "array(integer)", "[2, 4]"),
        (
            "transform(array[1], x -> transform(array['a'], y -> y || cast(x as varchar)))",
            "array(array(varchar))",
            "[[a1]]",
        ),
    ],
    "translate": [("translate('abcd', 'ad', '1')", "varchar", "1bc")],
    "trim": [("trim(' a ')", "varchar", "a"), ("trim('xax', 'x')", "varchar", "a")],
    "truncate": [("truncate(-1.9e0)", "double", "-1.0")],
    "try": [
        ("try(1 / 0)", "integer", None),
        ("try(cast('x' as integer))", "integer", None),
        ("try(date_parse('x', '%Y'))", "timestamp(3)", None),
        ("try(cast('2021-02-30' as date))", "date", None),
        ("try(array[1][2])", "integer", None),
    ],
    "typeof": [
        ("typeof(1.5)", "varchar", "decimal(2,1)"),
        ("typeof('abc')", "varchar", "varchar(3)"),
        ("typeof(now())", "varchar", "timestamp(3) with time zone"),
    ],
    "upper": [("upper('äb')", "varchar", "ÄB")],
    "week": [("week(date '2021-01-03')", "bigint", "53"), ("week(date '2021-01-04')", "bigint", "1")],
    "week_of_year": [("week_of_year(date '2021-03-07')", "bigint", "9")],
    "width_bucket": [
        ("width_bucket(5e0, 0e0, 10e0, 5)", "bigint", "3"),
        ("width_bucket(-1e0, 0e0, 10e0, 5)", "bigint", "0"),
        ("width_bucket(10e0, 0e0, 10e0, 5)", "bigint", "6"),
    ],
    "year": [("year(date '2021-01-03')", "bigint", "2021")],
    "year_of_week": [("year_of_week(date '2021-01-03')", "bigint", "2020")],
    "yow": [("yow(date '2021-01-03')", "bigint", "2020")],
}

# Functions over rows: (select list over V(g, n, d, t) below), types, rows as text
V = "(values ('a', 1, 1.50, 'x'), ('a', 2, 2.25, 'y'), ('b', 5, null, 'z'), ('b', null, 4.00, null)) as v(g, n, d, t)"
AGGREGATES = {
    "any_value": [("any_value(g)", "varchar(1)", "a")],
    "approx_distinct": [("approx_distinct(g)", "bigint", "2")],
    "approx_percentile": [("approx_percentile(n, 0.5)", "bigint", "2")],
    "arbitrary": [("arbitrary(g)", "varchar(1)", "a")],
    "array_agg": [
        ("array_agg(n order by n desc)", "array(integer)", "[5, 2, 1, null]"),
        ("array_agg(distinct g order by g)", "array(varchar(1))", "[a, b]"),
        ("array_agg(t order by t) filter (where t is not null)", "array(varchar(1))", "[x, y, z]"),
    ],
    "avg": [
        ("avg(n)", "double", "2.6666666666666665"),
        ("avg(d)", "decimal(3,2)", "2.58"),
        ("avg(d) filter (where g = 'c')", "decimal(3,2)", None),
    ],
    "bool_and": [("bool_and(n > 0)", "boolean", "true")],
    "bool_or": [("bool_or(n > 4)", "boolean", "true")],
    "every": [("every(n > 1)", "boolean", "false")],
    "corr": [("corr(n, n)", "double", "1.0")],
    "count": [
        ("count(*)", "bigint", "4"),
        ("count(n)", "bigint", "3"),
        ("count(distinct g)", "bigint", "2"),
        ("count(distinct g, n)", "error", "FUNCTION_NOT_FOUND"),
    ],
    "count_if": [("count_if(n > 1)", "bigint", "2")],
    "covar_pop": [("covar_pop(n, n)", "double", "2.888888888888889")],
    "covar_samp": [("covar_samp(n, n)", "double", "4.333333333333333")],
    "geometric_mean": [("round(geometric_mean(n), 6)", "double", "2.154435")],
    "histogram": [("histogram(g)", "map(varchar(1), bigint)", "{a=2, b=2}")],
    "listagg": [
        ("listagg(t, ', ') within group (order by t desc)", "varchar", "z, y, x"),
        ("listagg(n, ',') within group (order by n)", "error", "FUNCTION_NOT_FOUND"),
    ],
    "max": [("max(n)", "integer", "5"), ("max(d)", "decimal(3,2)", "4.00")],
    "max_by": [("max_by(g, d)", "varchar(1)", "b"), ("max_by(n, d)", "integer", None)],
    "min": [("min(t)", "varchar(1)", "x")],
    "min_by": [("min_by(t, d)", "varchar(1)", "x")],
    "regr_intercept": [("regr_intercept(n, n)", "double", "0.0")],
    "regr_slope": [("regr_slope(n, n)", "double", "1.0")],
    "skewness": [("skewness(n) > 0", "boolean", "true")],
    "stddev": [("round(stddev(n), 6)", "double", "2.081666")],
    "stddev_pop": [("round(stddev_pop(n), 6)", "double", "1.699673")],
    "stddev_samp": [("round(stddev_samp(n), 6)", "double", "2.081666")],
    "sum": [
        ("sum(n)", "bigint", "8"),
        ("sum(d)", "decimal(38,2)", "7.75"),
        ("sum(cast(n as double))", "double", "8.0"),
        ("sum(n) filter (where g = 'c')", "bigint", None),
        ("sum(g)", "error", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function sum"),
    ],
    "var_pop": [("round(var_pop(n), 6)", "double", "2.888889")],
    "var_samp": [("round(var_samp(n), 6)", "double", "4.333333")],
    "variance": [("round(variance(n), 6)", "double", "4.333333")],
}

# Window functions over V ordered by n (nulls last): type and the text per row in that order
WINDOWS = {
    "row_number": [("row_number() over (order by n)", "bigint", ["1", "2", "3", "4"])],
    "rank": [("rank() over (order by g)", "bigint", ["1", "1", "3", "3"])],
    "dense_rank": [("dense_rank() over (order by g)", "bigint", ["1", "1", "2", "2"])],
    "percent_rank": [
        ("percent_rank() over (order by g)", "double", ["0.0", "0.0", "0.6666666666666666", "0.6666666666666666"])
    ],
    "cume_dist": [("cume_dist() over (order by g)", "double", ["0.5", "0.5", "1.0", "1.0"])],
    "ntile": [("ntile(3) over (order by n)", "bigint", ["1", "1", "2", "3"])],
    "first_value": [("first_value(t) over (partition by g order by n)", "varchar(1)", ["x", "x", "z", "z"])],
    "last_value": [
        ("last_value(t) over (partition by g order by n)", "varchar(1)", ["x", "y", "z", None]),
        ("last_value(t) ignore nulls over (order by n)", "varchar(1)", ["x", "y", "z", "z"]),
    ],
    "nth_value": [("nth_value(t, 2) over (order by n)", "varchar(1)", [None, "y", "y", "y"])],
    "lag": [
        ("lag(n) over (order by n)", "integer", [None, "1", "2", "5"]),
        ("lag(t, 1, '-') over (order by n)", "varchar(1)", ["-", "x", "y", "z"]),
    ],
    "lead": [("lead(n, 2) over (order by n)", "integer", ["5", None, None, None])],
}

# Constructs: (query, rows as text) or (query, start of the error)
CONSTRUCTS = {
    "column": [
        ("select animals.name, zoo.animals.legs from animals where animal_id = '1'", [["Leo", "4"]]),
        ("select NAME from Animals where Animal_ID = '1'", [["Leo"]]),
        (
            "select nosuch from animals",
            "COLUMN_NOT_FOUND: line 1:8: Column 'nosuch' cannot be resolved or requester is not authorized to access requested resources",
        ),
        ("select a.nosuch from animals a", "COLUMN_NOT_FOUND: line 1:8: Column 'a.nosuch' cannot be resolved"),
        ("select animals.name from animals a", "COLUMN_NOT_FOUND: line 1:8: Column 'animals.name' cannot be resolved"),
        (
            "select animal_id from animals a join feedings f on a.animal_id = f.animal_id",
            "AMBIGUOUS_NAME: line 1:8: Column 'animal_id' is ambiguous",
        ),
    ],
    "number literal": [
        (
            "select 1, 2147483648, 1.50, .5, 1e3, typeof(2147483648), typeof(1.50), typeof(1e3)",
            [["1", "2147483648", "1.50", "0.5", "1000.0", "bigint", "decimal(3,2)", "double"]],
        )
    ],
    "text literal": [("select 'it''s', '', typeof('ab')", [["it's", "", "varchar(2)"]])],
    "bytes literal": [("select X'6162'", [["61 62"]])],
    "null": [("select null, null + 1, 'a' || null", [[None, None, None]])],
    "true and false": [("select true, false, true and null", [["true", "false", None]])],
    "date literal": [
        ("select date '2021-03-04'", [["2021-03-04"]]),
        ("select date '2021-02-30'", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2021-02-30"),
    ],
    "timestamp literal": [
        (
            "select timestamp '2021-03-04 05:06:07', timestamp '2021-03-04 05:06:07.5 UTC'",
            [["2021-03-04 05:06:07.000", "2021-03-04 05:06:07.500 UTC"]],
        ),
        (
            "select timestamp '2021-03-04 05:06:07 Europe/Warsaw'",
            "NOT_SUPPORTED: line 1:8: timestamp literal with a zone other than UTC",
        ),
    ],
    "interval literal": [
        ("select interval '2' day, interval '90' minute", [["2 00:00:00.000", "0 01:30:00.000"]]),
        ("select interval '14' month, interval '-3' year", [["1-2", "-3-0"]]),
        ("select interval '1-2' year", "NOT_SUPPORTED"),
    ],
    "brackets": [("select (1 + 2) * 3", [["9"]])],
    "arithmetic": [
        ("select 7 / 2, -7 / 2, 7 % -3, -(3), 7 / 2e0, 2 * 3 - 1", [["3", "-3", "1", "-3", "3.5", "5"]]),
        ("select 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("select 5 % 0", "DIVISION_BY_ZERO: Division by zero"),
        ("select 1e0 / 0, -1e0 / 0", [["Infinity", "-Infinity"]]),
        ("select legs / 0 from animals", "DIVISION_BY_ZERO: Division by zero"),
        ("select 2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        (
            "select typeof(legs / 2), typeof(legs * cast(2 as bigint)), typeof(legs + 1e0), typeof(cast(1 as real) + legs) from animals limit 1",
            [["integer", "bigint", "double", "real"]],
        ),
        ("select 'a' + 1", "TYPE_MISMATCH: line 1:8: Cannot apply operator: varchar(1) + integer"),
        ("select -'a'", "TYPE_MISMATCH"),
    ],
    "decimal arithmetic": [
        # scale of a quotient: the larger of the two; rounded half up
        ("select 2.3 / 1.0, 7.0 / 3, 1 / 3.00, -1.0 / 3.00, 5.00 / 0.5", [["2.3", "2.3", "0.33", "-0.33", "10.00"]]),
        (
            "select cast(2 as decimal(10,2)) / cast(3 as decimal(5,1)), typeof(cast(2 as decimal(10,2)) / cast(3 as decimal(5,1)))",
            [["0.67", "decimal(11,2)"]],
        ),
        (
            "select typeof(1.5 * 2.25), typeof(1.5 + 2.25), typeof(1.5 % 0.7), typeof(1.5 - 1), typeof(1.5 + 1e0)",
            [["decimal(5,3)", "decimal(4,2)", "decimal(1,1)", "decimal(12,1)", "double"]],
        ),
        ("select 1.5 * 2.25, 1.5 + 2.25, 1.5 % 0.7, 10.00 - 0.005", [["3.375", "3.75", "0.1", "9.995"]]),
        ("select sum(price) / 3, typeof(sum(price) / 3) from animals", [["41.66", "decimal(38,2)"]]),
        ("select 1.0 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("select cast(12345678901234567890.12 as decimal(38,2)) / 3", [["4115226300411522630.04"]]),
        ("select cast(99999999999999999999999999999999999999 as decimal(38,0)) + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
    ],
    "date arithmetic": [
        (
            "select date '2021-01-31' + interval '1' month, date '2021-03-01' - interval '1' day, interval '2' day + date '2021-03-01'",
            [["2021-02-28", "2021-02-28", "2021-03-03"]],
        ),
        (
            "select timestamp '2021-03-01 00:00:00' - interval '1' second, date '2021-03-03' - date '2021-03-01', interval '1' day * 3",
            [["2021-02-28 23:59:59.000", "2 00:00:00.000", "3 00:00:00.000"]],
        ),
        ("select typeof(date '2021-03-01' + interval '1' day)", [["date"]]),
        ("select date '2021-03-01' + 1", "TYPE_MISMATCH: line 1:8: Cannot apply operator: date + integer"),
        (
            "select date '2021-03-01' + interval '1' hour",
            "INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date",
        ),
    ],
    "comparison": [
        (
            "select 1 = 1.0, 'a' < 'B', 'a' <> 'a ', 2 >= 2e0, null = null, date '2021-03-01' < timestamp '2021-03-01 00:00:01'",
            [["true", "false", "true", "true", None, "true"]],
        ),
        (
            "select count(*) from animals where animal_id = 1",
            "TYPE_MISMATCH: line 1:36: Cannot apply operator: varchar = integer",
        ),
        (
            "select count(*) from animals where born > '2015-01-01'",
            "TYPE_MISMATCH: line 1:36: Cannot apply operator: date > varchar(10)",
        ),
        ("select true > 1", "TYPE_MISMATCH: line 1:8: Cannot apply operator: boolean > integer"),
        ("select array[1] = array[1.0], row(1, 'a') = row(1, 'a')", [["true", "true"]]),
    ],
    "is distinct from": [("select null is distinct from 1, null is not distinct from null", [["true", "true"]])],
    "between": [
        ("select 2 between 1 and 2.5, 'b' not between 'a' and 'c', null between 1 and 2", [["true", "false", None]]),
        (
            "select 1 between 'a' and 'b'",
            "TYPE_MISMATCH: line 1:8: Cannot check if integer is BETWEEN varchar(1) and varchar(1)",
        ),
    ],
    "is null": [("select animal_id from animals where name is null", [["3"]]), ("select 1 is not null", [["true"]])],
    "and, or, not": [
        ("select not (true and false), null or true, false and null", [["true", "true", "false"]]),
        (
            "select 1 and true",
            "TYPE_MISMATCH: line 1:8: Logical expression term must evaluate to a boolean: actual type integer",
        ),
        ("select not 1", "TYPE_MISMATCH"),
    ],
    "in list": [
        ("select 1 in (1, 2.0), 'a' not in ('b'), 1 in (2, null)", [["true", "true", None]]),
        (
            "select legs in (4, '2') from animals",
            "TYPE_MISMATCH: line 1:20: IN value and list items must be the same type or coercible to a common type. Cannot find common type between integer and varchar(1), all types (without duplicates): [integer, varchar(1)]",
        ),
    ],
    "in query": [
        ("select name from animals where animal_id in (select animal_id from feedings where portions > 4)", [["Ella"]]),
        (
            "select name from animals where legs in (select animal_id from feedings)",
            "TYPE_MISMATCH: line 1:32: Value expression and result of subquery must be of the same type: integer vs varchar",
        ),
        ("select 1 in (select 1, 2)", "TYPE_MISMATCH: line 1:14: Multiple columns returned by subquery"),
    ],
    "any, all": [
        (
            "select 4 = any (select legs from animals), 5 > all (select legs from animals), 2 = some (select 2)",
            [["true", "true", "true"]],
        )
    ],
    "exists": [
        (
            "select name from animals a where exists (select 1 from feedings f where f.animal_id = a.animal_id and f.portions = 5)",
            [["Ella"]],
        )
    ],
    "scalar query": [
        ("select (select max(legs) from animals), (select 1 where false)", [["4", None]]),
        (
            "select name, (select sum(portions) from feedings f where f.animal_id = a.animal_id) from animals a order by name",
            [["Ella", "8"], ["Kiki", None], ["Leo", "5"], [None, None]],
        ),
        ("select (select legs from animals)", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"),
    ],
    "like": [
        (
            "select 'Leo' like 'L%', 'Leo' like 'l%', 'a_b' like 'a!_b' escape '!', 'axb' not like 'a_b', 'a%' like 'a\\%'",
            [["true", "false", "true", "false", "false"]],
        ),
        (
            "select 1 like 'a'",
            "TYPE_MISMATCH: line 1:8: Left side LIKE expression must evaluate to a varchar: actual type integer",
        ),
    ],
    "case": [
        (
            "select case legs when 4 then 'four' when 2 then 'two' end, case when weight > 100 then 1 else 2.5 end from animals order by animal_id",
            [["four", "1.0"], ["four", "1.0"], [None, "2.5"], ["two", "2.5"]],
        ),
        (
            "select case when true then 1 else 'a' end",
            "TYPE_MISMATCH: line 1:35: All CASE results must be the same type or coercible to a common type. Cannot find common type between integer and varchar(1)",
        ),
        (
            "select case when 1 then 2 end",
            "TYPE_MISMATCH: line 1:18: CASE WHEN clause must evaluate to a boolean: actual type integer",
        ),
        (
            "select case legs when 'x' then 1 end from animals",
            "TYPE_MISMATCH: line 1:23: CASE operand type does not match WHEN clause operand type: integer vs varchar(1)",
        ),
    ],
    "if": [
        (
            "select if(legs = 4, 'four', 'other'), if(legs = 4, 1) from animals order by animal_id limit 2 offset 1",
            [["four", "1"], ["other", None]],
        )
    ],
    "cast": [
        (
            "select cast(2.5 as integer), cast(-2.5 as integer), cast(2.5e0 as bigint), cast(3.5e0 as integer)",
            [["3", "-3", "3", "4"]],
        ),
        (
            "select cast('12' as integer), cast(' 1.5 ' as double), cast('1.005' as decimal(3,2)), cast('t' as boolean), cast('2021-3-4' as date), cast('2021-03-04 01:02' as timestamp)",
            [["12", "1.5", "1.01", "true", "2021-03-04", "2021-03-04 01:02:00.000"]],
        ),
        (
            "select cast(12e0 as varchar), cast(0.1e0 as varchar), cast(1.50 as varchar), cast(true as varchar), cast(date '2021-03-04' as varchar), cast(timestamp '2021-03-04 05:06:07' as varchar)",
            [["1.2E1", "1.0E-1", "1.50", "true", "2021-03-04", "2021-03-04 05:06:07.000"]],
        ),
        (
            "select cast(2.675e0 as decimal(5,2)), cast(2.345 as decimal(3,2)), cast(1 as boolean), cast('abc' as varchar(2)), cast(true as integer)",
            [["2.68", "2.35", "true", "ab", "1"]],
        ),
        (
            "select cast(timestamp '2021-03-04 05:06:07' as date), cast(array[1, 2] as array(varchar)), cast(row(1, 'x') as row(a bigint, b varchar)).b",
            [["2021-03-04", "[1, 2]", "x"]],
        ),
        ("select cast(' 12' as integer)", "INVALID_CAST_ARGUMENT: Cannot cast ' 12' to INT"),
        ("select cast('1.5' as bigint)", "INVALID_CAST_ARGUMENT: Cannot cast '1.5' to BIGINT"),
        ("select cast('x' as double)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to DOUBLE"),
        ("select cast('yes' as boolean)", "INVALID_CAST_ARGUMENT: Cannot cast 'yes' to BOOLEAN"),
        ("select cast('03/04/2021' as date)", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 03/04/2021"),
        ("select cast('x' as decimal(3,2))", "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR 'x' to DECIMAL(3, 2)"),
        ("select cast(300 as tinyint)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("select cast(1 as date)", "TYPE_MISMATCH: line 1:8: Cannot cast integer to date"),
        ("select cast(array[1] as varchar)", "TYPE_MISMATCH: line 1:8: Cannot cast array(integer) to varchar"),
        ("select cast(1 as decimal(39,0))", "INVALID_FUNCTION_ARGUMENT"),
        ("select cast(1 as uuid)", "NOT_SUPPORTED"),
        ("select cast(timestamp '2021-03-04 05:06:07.089' as time)", [["05:06:07.089"]]),
        ("select cast(1 as string)", "TYPE_NOT_FOUND: line 1:18: Unknown type: string"),
        ("select cast(1 as float)", "TYPE_NOT_FOUND: line 1:18: Unknown type: float"),
    ],
    "try_cast": [
        (
            "select try_cast('x' as integer), try_cast(' 1' as integer), try_cast('2021-02-30' as date), try_cast('1.5' as decimal(3,1)), try_cast(1e10 as integer)",
            [[None, None, None, "1.5", None]],
        ),
    ],
    "||": [
        ("select 'a' || 'b', array[1] || 2, 'a' || null", [["ab", "[1, 2]", None]]),
        (
            "select 'a' || 1",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1), integer) for function concat",
        ),
    ],
    "extract": [
        (
            "select extract(year from date '2021-03-04'), extract(dow from date '2021-03-07'), extract(hour from timestamp '2021-03-04 13:00:00')",
            [["2021", "7", "13"]],
        ),
        ("select extract(timezone_hour from now())", "NOT_SUPPORTED"),
    ],
    "trim from": [
        (
            "select trim(' a '), trim(both 'x' from 'xax'), trim(leading 'x' from 'xax'), trim(trailing 'x' from 'xax')",
            [["a", "a", "ax", "xa"]],
        )
    ],
    "position in": [("select position('b' in 'abc')", [["2"]])],
    "substring from": [("select substring('abcdef' from 2 for 3), substring('abcdef' from 5)", [["bcd", "ef"]])],
    "current_date, current_timestamp": [
        (
            "select current_date >= date '2021-01-01', current_timestamp > timestamp '2021-01-01 00:00:00'",
            [["true", "true"]],
        )
    ],
    "array literal": [
        ("select array[1, 2.5], array['a', null], cardinality(array[])", [["[1.0, 2.5]", "[a, null]", "0"]]),
        ("select array[1, 'a']", "TYPE_MISMATCH: line 1:17: All ARRAY elements must be the same type"),
    ],
    "subscript": [
        ("select array[5, 6][2], map(array['a'], array[1])['a']", [["6", "1"]]),
        (
            "select array[5, 6][3]",
            "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > 2",
        ),
        ("select array[5, 6][0]", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
        ("select map(array['a'], array[1])['b']", "INVALID_FUNCTION_ARGUMENT: Key not present in map: b"),
    ],
    "field of a row": [
        ("select r.a, t.r.b from (select cast(row(1, 'x') as row(a integer, b varchar)) r) t", [["1", "x"]]),
        ("select r.nosuch from (select cast(row(1) as row(a integer)) r) t", "COLUMN_NOT_FOUND"),
    ],
    "function call": [
        ("select LOWER('A')", [["a"]]),
        ("select soundex('a')", "NOT_SUPPORTED: line 1:8: function soundex is not in the local Athena's table"),
        ("select row_number()", "SYNTAX_ERROR"),
    ],
    "filter": [
        ("select count(*) filter (where legs = 4), sum(legs) filter (where legs > 9) from animals", [["2", None]]),
        ("select lower('a') filter (where true)", "FUNCTION_NOT_AGGREGATE"),
    ],
    "listagg": [("select listagg(name, ',') within group (order by name desc) from animals", [["Leo,Kiki,Ella"]])],
    "max_by, min_by": [("select max_by(name, weight), min_by(name, weight) from animals", [["Ella", "Kiki"]])],
    "order by in an aggregate": [
        ("select array_agg(name order by legs, name desc) from animals", [["[Kiki, null, Leo, Ella]"]])
    ],
    "distinct in an aggregate": [
        (
            "select count(distinct species), sum(distinct legs), array_agg(distinct legs order by legs) from animals",
            [["3", "9", "[2, 3, 4]"]],
        )
    ],
    "grouping()": [
        (
            "select species, grouping(species), count(*) from animals group by rollup(species) order by 2, 1",
            [["elephant", "0", "1"], ["lion", "0", "2"], ["stork", "0", "1"], [None, "1", "4"]],
        ),
        ("select grouping(species) from animals", "MISSING_GROUP_BY"),
    ],
    "over": [
        (
            "select name, sum(legs) over (partition by species), count(*) over () from animals order by animal_id",
            [["Leo", "7", "4"], ["Ella", "4", "4"], [None, "7", "4"], ["Kiki", "2", "4"]],
        ),
        (
            "select day, sum(sum(portions)) over (order by day) from feedings group by day order by day",
            [["2021-03-01", "7"], ["2021-03-02", "9"], ["2021-03-04", "12"], ["2021-03-08", "14"]],
        ),
        (
            "select avg(price) over (partition by species order by animal_id) from animals order by animal_id",
            [["12.50"], ["99.99"], ["12.50"], ["12.50"]],
        ),
        ("select name from animals where rank() over (order by legs) = 1", "EXPRESSION_NOT_SCALAR"),
        ("select lower(name) over () from animals", "FUNCTION_NOT_WINDOW"),
    ],
    "named window": [
        (
            "select sum(legs) over w, count(*) over w from animals window w as (partition by species) order by animal_id limit 1",
            [["7", "2"]],
        ),
        ("select sum(legs) over w from animals", "INVALID_WINDOW_REFERENCE"),
    ],
    "rows frame": [
        (
            "select sum(legs) over (order by animal_id rows between 1 preceding and current row) from animals order by animal_id",
            [["4"], ["8"], ["7"], ["5"]],
        )
    ],
    "range frame": [
        (
            "select day, sum(n) over (order by cast(day as date) range between interval '2' day preceding and current row) from (select day, sum(portions) n from feedings group by day) order by day",
            [["2021-03-01", "7"], ["2021-03-02", "9"], ["2021-03-04", "5"], ["2021-03-08", "2"]],
        ),
        (
            "select count(*) over (order by legs range between 1 preceding and 1 following) from animals order by animal_id",
            [["3"], ["3"], ["4"], ["2"]],
        ),
        (
            "select sum(portions) over (order by day range between interval '6' day preceding and current row) from feedings",
            "TYPE_MISMATCH",
        ),
        (
            "select sum(1) over (order by animal_id, legs range between 1 preceding and current row) from animals",
            "INVALID_ORDER_BY",
        ),
    ],
    "groups frame": [
        (
            "select count(*) over (order by legs groups between 1 preceding and current row) from animals order by legs, animal_id",
            [["1"], ["2"], ["3"], ["3"]],
        )
    ],
    "ignore nulls": [
        (
            "select lag(price) ignore nulls over (order by animal_id) from animals order by animal_id",
            [[None], ["12.50"], ["99.99"], ["99.99"]],
        )
    ],
    "select": [
        ("select 1, 'a' as b, legs + 1 c from animals limit 1", [["1", "a", "5"]]),
        ("select count(*)", [["1"]]),
    ],
    "select *": [
        ("select * from feedings where day = '2021-03-04'", [["2", "3", "33.30", "2021-03-04"]]),
        (
            "select f.*, a.name from feedings f join animals a using (animal_id) where f.day = '2021-03-04'",
            [["3", "33.30", "2021-03-04", "Ella"]],
        ),
        ("select x.* from animals a", "TABLE_NOT_FOUND: line 1:8: Unable to resolve reference x"),
    ],
    "select distinct": [
        ("select distinct legs from animals order by legs desc", [["4"], ["3"], ["2"]]),
        (
            "select distinct legs from animals order by name",
            "EXPRESSION_NOT_IN_DISTINCT: line 1:44: For SELECT DISTINCT, ORDER BY expressions must appear in select list",
        ),
    ],
    "alias columns": [
        ("select y from (values (1, 2)) as t(x, y)", [["2"]]),
        ("select 1 from (values (1, 2)) as t(x)", "MISMATCHED_COLUMN_ALIASES"),
    ],
    "where": [
        ("select name from animals where legs < 4 and weight is not null", [["Kiki"]]),
        (
            "select name from animals where legs",
            "TYPE_MISMATCH: line 1:32: WHERE clause must evaluate to a boolean: actual type integer",
        ),
        ("select legs l from animals where l = 4", "COLUMN_NOT_FOUND: line 1:34: Column 'l' cannot be resolved"),
        ("select 1 from animals where count(*) > 1", "EXPRESSION_NOT_SCALAR"),
    ],
    "group by": [
        (
            "select species, count(*) from animals group by species order by 1",
            [["elephant", "1"], ["lion", "2"], ["stork", "1"]],
        ),
        ("select legs % 2 as odd, count(*) from animals group by 1 order by 1", [["0", "3"], ["1", "1"]]),
        ("select legs + 1, (legs + 1) * 2 from animals group by legs + 1 order by 1 limit 1", [["3", "6"]]),
        (
            "select legs % 2 as odd from animals group by odd",
            "COLUMN_NOT_FOUND: line 1:46: Column 'odd' cannot be resolved",
        ),
        (
            "select name from animals group by species",
            "EXPRESSION_NOT_AGGREGATE: line 1:8: 'name' must be an aggregate expression or appear in GROUP BY clause",
        ),
        ("select species, count(*) from animals", "EXPRESSION_NOT_AGGREGATE"),
        ("select 1 from animals group by sum(legs)", "EXPRESSION_NOT_SCALAR"),
        (
            "select 1 from animals group by 2",
            "INVALID_COLUMN_REFERENCE: line 1:32: GROUP BY position 2 is not in select list",
        ),
        ("select sum(max(legs)) from animals", "NESTED_AGGREGATION"),
        ("select 'x', count(*) from animals where false group by 1", []),
        ("select count(*) from animals where false", [["0"]]),
    ],
    "grouping sets": [
        (
            "select species, legs, count(*) from animals group by grouping sets ((species), (legs), ()) order by 3 desc, 1, 2 limit 3",
            [[None, None, "4"], ["lion", None, "2"], [None, "4", "2"]],
        )
    ],
    "rollup": [
        (
            "select species, legs, count(*) from animals where species = 'lion' group by rollup(species, legs) order by 1, 2",
            [["lion", "3", "1"], ["lion", "4", "1"], ["lion", None, "2"], [None, None, "2"]],
        )
    ],
    "cube": [
        (
            "select legs, species, count(*) from animals where legs = 2 group by cube(legs, species) order by 1, 2",
            [["2", "stork", "1"], ["2", None, "1"], [None, "stork", "1"], [None, None, "1"]],
        )
    ],
    "having": [
        ("select species from animals group by species having count(*) > 1", [["lion"]]),
        ("select 1 from animals having legs > 1", "EXPRESSION_NOT_AGGREGATE"),
    ],
    "order by": [
        # nulls come last both ways
        ("select name from animals order by name", [["Ella"], ["Kiki"], ["Leo"], [None]]),
        ("select name from animals order by name desc", [["Leo"], ["Kiki"], ["Ella"], [None]]),
        ("select name from animals order by name desc nulls first limit 1", [[None]]),
        ("select legs * -1 as name from animals order by name limit 1", [["-4"]]),
        ("select name n from animals order by length(n), legs limit 2", [["Leo"], ["Kiki"]]),
        ("select name from animals order by weight * -1", [["Ella"], ["Leo"], ["Kiki"], [None]]),
        ("select 1 order by 2", "INVALID_COLUMN_REFERENCE: line 1:19: ORDER BY position 2 is not in select list"),
    ],
    "limit": [("select animal_id from animals order by 1 limit 2", [["1"], ["2"]]), ("select 1 limit all", [["1"]])],
    "fetch first": [
        ("select animal_id from animals order by 1 fetch first 1 row only", [["1"]]),
        ("select 1 fetch first 1 row with ties", "NOT_SUPPORTED"),
    ],
    "offset": [("select animal_id from animals order by 1 offset 2 limit 1", [["3"]])],
    "with": [
        (
            "with a as (select legs from animals), b(n) as (select sum(legs) from a) select n, (select count(*) from a) from b",
            [["13", "4"]],
        ),
        ("with animals as (select 1 as x) select x from animals", [["1"]]),
        ("with a as (select 1 x) select a1.x, a2.x from a a1 cross join a as a2", [["1", "1"]]),
        ("with a as (select 1), a as (select 2) select * from a", "DUPLICATE_NAMED_QUERY"),
    ],
    "with recursive": [
        ("with recursive t(n) as (values 1 union all select n + 1 from t where n < 4) select sum(n) from t", [["10"]]),
        ("with recursive t as (values 1 union all select 1 from t) select * from t", "MISSING_COLUMN_ALIASES"),
    ],
    "values": [
        ("values (1, 'a'), (2.5, null)", [["1.0", "a"], ["2.5", None]]),
        ("values (1, 2), (3)", "TYPE_MISMATCH: line 1:1: Values rows have mismatched sizes"),
    ],
    "union": [("select 1 union select 1.0 union select 2 order by 1", [["1.0"], ["2.0"]])],
    "union all": [
        ("select legs as n from animals where legs < 4 union all select 1 order by n", [["1"], ["2"], ["3"]]),
        (
            "select 1 union all select 'a'",
            "TYPE_MISMATCH: line 1:1: column 1 in UNION query has incompatible types: integer, varchar(1)",
        ),
        ("select 1, 2 union all select 1", "TYPE_MISMATCH"),
    ],
    "intersect": [("select legs from animals intersect select 4", [["4"]])],
    "except": [("select legs from animals except select 4 order by 1", [["2"], ["3"]])],
    "join": [
        (
            "select a.name, f.portions from animals a join feedings f on a.animal_id = f.animal_id and f.portions > 2 order by 2",
            [["Ella", "3"], ["Ella", "5"]],
        ),
        ("select count(*) from animals a, feedings f where a.animal_id = f.animal_id", [["5"]]),
        (
            "select 1 from animals a join feedings f on a.legs = f.animal_id",
            "TYPE_MISMATCH: line 1:44: Cannot apply operator: integer = varchar",
        ),
    ],
    "left join": [
        (
            "select a.name, count(f.day) from animals a left join feedings f on f.animal_id = a.animal_id group by a.name order by 1",
            [["Ella", "2"], ["Kiki", "0"], ["Leo", "3"], [None, "0"]],
        )
    ],
    "right join": [
        (
            "select f.animal_id, a.name from animals a right join feedings f on f.animal_id = a.animal_id where a.name is null",
            [["9", None]],
        )
    ],
    "full join": [
        (
            "select a.animal_id, f.animal_id from animals a full join (select distinct animal_id from feedings) f on f.animal_id = a.animal_id order by 1, 2",
            [["1", "1"], ["2", "2"], ["3", None], ["4", None], [None, "9"]],
        )
    ],
    "cross join": [("select count(*) from animals cross join feedings", [["24"]])],
    "join using": [
        (
            "select animal_id, name, portions from animals full join feedings using (animal_id) where portions = 1 order by animal_id",
            [["1", "Leo", "1"], ["9", None, "1"]],
        )
    ],
    "lateral": [
        (
            "select a.name, x.n from animals a cross join lateral (select a.legs * 2 as n) x where a.animal_id = '4'",
            [["Kiki", "4"]],
        )
    ],
    "unnest": [
        ("select n from unnest(array[1, 2]) as t(n)", [["1"], ["2"]]),
        ("select a, b from unnest(array[1, 2], array['x']) as t(a, b)", [["1", "x"], ["2", None]]),
        ("select k, v from unnest(map(array['a', 'b'], array[1, 2])) as t(k, v) order by k", [["a", "1"], ["b", "2"]]),
        (
            "select d from unnest(sequence(date '2021-02-28', date '2021-03-01')) as t(d)",
            [["2021-02-28"], ["2021-03-01"]],
        ),
        (
            "select name, n from animals cross join unnest(sequence(1, legs)) as t(n) where animal_id = '4'",
            [["Kiki", "1"], ["Kiki", "2"]],
        ),
        (
            "select name, n from animals left join unnest(cast(array[] as array(integer))) as t(n) on true where legs = 2",
            [["Kiki", None]],
        ),
        ("select x, y from unnest(array[row(1, 'a'), row(2, 'b')]) as t(x, y)", [["1", "a"], ["2", "b"]]),
        ("select 1 from unnest(1) as t(x)", "TYPE_MISMATCH: line 1:22: Cannot unnest type: integer"),
    ],
    "unnest with ordinality": [
        ("select n, i from unnest(array['a', 'b']) with ordinality as t(n, i)", [["a", "1"], ["b", "2"]])
    ],
    "derived table": [("select max(n) from (select count(*) n from animals group by legs) t", [["2"]])],
    "$path": [('select "$path" from animals limit 1', [["s3://lake/zoo/animals/data.parquet"]])],
    "$partitions": [
        (
            "select day from \"feedings$partitions\" where day > '2021-03-02' order by day",
            [["2021-03-04"], ["2021-03-08"]],
        ),
        ('select * from "animals$partitions"', "TABLE_NOT_FOUND"),
    ],
}

# What Athena may know and the local one refuses by name, and what no engine knows
REFUSED = [
    ("select * from information_schema.tables", "NOT_SUPPORTED: line 1:15: information_schema"),
    (
        "select sum(distinct legs) over () from animals",
        "NOT_SUPPORTED: line 1:8: DISTINCT or ORDER BY in the arguments of a window function",
    ),
    ("select array_agg(name order by name) over () from animals", "NOT_SUPPORTED: line 1:8: DISTINCT or ORDER BY"),
    (
        "select name from animals a where exists (select 1 from feedings f where f.animal_id = a.animal_id limit 1)",
        "NOT_SUPPORTED: line 1:42: a subquery with LIMIT",
    ),
    ("select * from animals tablesample bernoulli (10)", "NOT_SUPPORTED: line 1:15: TABLESAMPLE in FROM"),
    ("select * from animals natural join feedings", "NOT_SUPPORTED"),
    ("select now() at time zone 'Europe/Warsaw'", "NOT_SUPPORTED: line 1:8: AT TIME ZONE"),
    ("select legs from animals intersect all select 4", "NOT_SUPPORTED: line 1:1: INTERSECT ALL"),
    ("select * from nosuch", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.zoo.nosuch' does not exist"),
    ("select * from nowhere.animals", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nowhere' does not exist"),
    ("select * from elsewhere.zoo.animals", "CATALOG_NOT_FOUND: line 1:15: Catalog 'elsewhere' does not exist"),
    ("select legs from animals group by all", "NOT_SUPPORTED"),
    ("select max(legs, 2) from animals", "FUNCTION_NOT_FOUND"),
    ("select json_parse('1') = json_parse('1')", "TYPE_MISMATCH"),
]
