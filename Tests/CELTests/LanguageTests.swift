import CEL
import Machinery
import Testing

/// Facts of the conformance tests of the CEL specification (github.com/google/cel-spec, tests/simple/testdata).
@Suite struct LanguageTests {
    @Test(arguments: [
        ("1 + 2 * 3 - 4 / 2 % 3", "5"), ("-5 % 3", "-2"), ("7 / -2", "-3"), ("0x1F + 0Xf", "46"),
        ("-0x8000000000000000", "-9223372036854775808"),
        ("9223372036854775807 + 1", "error: integer overflow"), ("-9223372036854775808 - 1", "error: integer overflow"),
        ("9223372036854775807 * 2", "error: integer overflow"), ("-(-9223372036854775808)", "error: integer overflow"),
        ("1 / 0", "error: division by zero"), ("1 % 0", "error: modulus by zero"), ("0u - 1u", "error: unsigned integer overflow"),
        ("18446744073709551615u + 1u", "error: unsigned integer overflow"), ("1.0 / 0.0", "inf"), ("4.5 - 0.5", "4.0"),
        ("'a' + 'b'", "'ab'"), ("b'a' + b'\\xff'", "b97,255"), ("[1] + [2, 3]", "[1, 2, 3]"),
        ("9223372036854775808", "error: invalid int literal"),
        ("1 + 'a'", "error: found no matching overload for '_+_' applied to '(int, string)'"),
        ("--5", "5"), ("!!true", "true"), ("- 5", "-5"), ("3 - -2", "5"), ("1.5e3", "1500.0"), (".5", "0.5"),
    ])
    func `numbers never wrap around`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("1 < 1.5", "true"), ("1u > -1", "true"), ("dyn(1) == 1.0", "true"), ("dyn(1u) == 1", "true"),
        ("dyn(9007199254740993) == 9007199254740992.0", "true"),
        ("dyn(9223372036854775807) < 9223372036854775808.0", "false"), ("dyn(9223372036854775808.0) <= 9223372036854775807", "true"),
        ("dyn(9223372036854775807) < 9223372036854777857.0", "true"), ("dyn(18446744073709551615u) >= 18446744073709551616.0", "true"),
        ("dyn(-1) < 0u", "true"),
        ("dyn(double('NaN')) == double('NaN')", "false"),
        ("double('NaN') < 1.0", "false"), ("'a' < 'b'", "true"), ("'\\u00e9' == 'e\\u0301'", "false"), ("b'a' < b'b'", "true"),
        ("false < true", "true"),
        ("[1, 2] == [1, 2]", "true"), ("[1, 2] == [2, 1]", "false"), ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"),
        ("{'a': [1.0]} == {'a': [1.0]}", "true"), ("dyn([1]) == dyn([1.0])", "true"), ("dyn('a') == dyn(1)", "false"),
        ("null == null", "true"),
        ("1 in [3, 2, 1]", "true"), ("'x' in ['a']", "false"), ("'a' in {'a': 1}", "true"), ("1.0 in dyn([1])", "true"),
        ("dyn(1u) in {1: 2}", "true"),
        ("timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-01T00:00:00.5Z')", "true"), ("duration('1m') == duration('60s')", "true"),
        ("1 == 1.0", "error: found no matching overload for '_==_' applied to '(int, double)'"),
    ])
    func `values are compared by their worth`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("true && true", "true"), ("false && (1 / 0 > 0)", "false"), ("(1 / 0 > 0) && false", "false"), ("(1 / 0 > 0) || true", "true"),
        ("(1 / 0 > 0) && true", "error: division by zero"), ("false || (1 / 0 > 0)", "error: division by zero"),
        ("dyn('a') && false", "false"), ("true ? 1 : 1 / 0", "1"), ("false ? 1 / 0 : 2", "2"),
        ("(1 / 0 > 0) ? 1 : 2", "error: division by zero"),
        ("dyn('x') ? 1 : 2", "error: no such overload: _?_:_(string)"),
        ("true && 'a'", "error: found no matching overload for '_&&_' applied to '(bool, string)'"),
        ("true ? 1 : 'a'", "error: found no matching overload for '_?_:_' applied to '(bool, int, string)'"),
        ("true || false && false", "true"), ("1 < 2 == true", "true"), ("true ? (false ? 1 : 2) : 3", "2"),
        ("false ? 1 : false ? 2 : 3", "3"),
    ])
    func `the side that decides makes up for an error`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        (#"'\x41\u00e9\U0001F600\101'"#, "'Aé😀A'"), (#"r'\n'"#, #"'\n'"#), (#"b'\xff\377a'"#, "b255,255,97"),
        (#"'''a'b''' + """c"d""""#, #"'a'bc"d'"#),
        (#"'\a\b\f\n\r\t\v\\\?\"\'\`' == "\x07\x08\x0c\x0a\x0d\x09\x0b\\?\"'`""#, "true"), ("bR'\\1'", "b92,49"),
        (#"'\ud800'"#, "error: Syntax error: invalid unicode code point"),
        (#"'\q'"#, #"error: Syntax error: token recognition error at: '\q'"#),
        ("'abc", "error: Syntax error: token recognition error at: ''abc'"), ("size('😀é')", "2"), ("size(b'é')", "2"),
        ("'''\r\n'''", "'\n'"),
        ("// a remark\n1 // another", "1"), ("'a'.size() + [1, 2].size() + {'a': 1}.size()", "4"),
    ])
    func `strings are read with their escapes`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("[1, 2, 3].all(x, x > 0)", "true"), ("[1, 2, 3].exists(x, x == 2)", "true"), ("[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"), ("[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"), ("[1, 2, 3].filter(x, x != 2)", "[1, 3]"),
        ("{'a': 1}.all(k, k == 'a')", "true"), ("{'a': 1, 'b': 2}.map(k, k)", "['a', 'b']"), ("[].all(x, x > 0)", "true"),
        ("[].exists(x, x > 0)", "false"),
        ("[0, 1].all(x, 1 / x == 1)", "error: division by zero"), ("[0, 2].all(x, 1 / x == 1)", "false"),
        ("[0, 1].exists(x, 1 / x == 1)", "true"),
        ("[0, 1].exists_one(x, 1 / x == 1)", "error: division by zero"), ("[[1], [2]].all(x, x.all(y, y > 0))", "true"),
        ("[1].map(x, [2].map(y, x + y))", "[[3]]"), ("[1].map(x, [2].map(x, x))", "[[2]]"),
        ("1.all(x, true)", "error: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"),
        ("[1].all('x', true)", "error: argument must be a simple name"), ("has('a')", "error: invalid argument to has() macro"),
        ("[1, 2, 3].exists(i, v, i == 1 && v == 2)", "true"), ("[1, 2, 3].all(i, v, 6 / (2 - v) == i)", "false"),
        ("[1, 2, 3].all(i, v, v / i != 17)", "error: division by zero"), ("[5, 7, 8].existsOne(i, v, v % 5 == i)", "true"),
        ("{6: 'six', 7: 'seven', 8: 'eight'}.existsOne(k, v, k % 5 == 2 && v == 'seven')", "true"),
        ("[2, 4, 6].transformList(i, v, v / 2 + i)", "[1, 3, 5]"), ("[2, 4, 6].transformList(i, v, i != 1, v)", "[2, 6]"),
        ("{'foo': 'bar', 'baz': 'bux'}.transformMap(k, v, k != 'baz', k + v)", "{'foo': 'foobar'}"),
        ("{'a': 'x', 'b': 'y'}.transformMapEntry(k, v, {v: k})", "{'x': 'a', 'y': 'b'}"),
        ("{'a': 'x', 'b': 'x'}.transformMapEntry(k, v, {v: k})", "error: insert failed: key 'x' already exists"),
        // Kubernetes does not have the extension for bindings.
        ("cel.bind(x, 2 + 3, x * x)", "error: undeclared reference to 'cel' (in container '')"),
    ])
    func `macros walk over lists and maps`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("optional.of(null).hasValue()", "true"), ("optional.ofNonZeroValue('').hasValue()", "false"),
        ("optional.none().orValue(42)", "42"),
        ("optional.none().or(optional.of(1)).value()", "1"), ("optional.none().value()", "error: optional.none() dereference"),
        ("{}.?key.optFlatMap(k, k.?subkey).hasValue()", "false"), ("{'key': {'subkey': 's'}}.?key.optFlatMap(k, k.?subkey).value()", "'s'"),
        ("optional.of(42).optMap(y, y + 1).value()", "43"), ("optional.none().optMap(y, y + 1).hasValue()", "false"),
        ("{'c': {'dashed-index': 'goodbye'}}.c[?'dashed-index'].orValue('d')", "'goodbye'"),
        ("{'c': {}}.c[?'missing'].orValue('d')", "'d'"),
        ("optional.of({'c': {'index': 'goodbye'}}).c.index.orValue('d')", "'goodbye'"),
        ("optional.of({'c': {}}).c.missing.or(optional.none()[0]).orValue('d')", "'d'"), ("has({}.?x.y)", "false"),
        ("has({'x': {'y': 'z'}}.?x.y)", "true"),
        ("[?{}.?c, ?optional.of(42), ?optional.none()]", "[42]"), ("{?'a': optional.none(), 'b': true}", "{'b': true}"),
        ("[][?0].hasValue()", "false"),
        ("['foo'][?0].value()", "'foo'"), ("optional.of(['foo'])[?0].value()", "'foo'"), ("optional.none() == optional.none()", "true"),
        ("optional.of(1) == optional.of(1)", "true"), ("optional.of(1) != optional.none()", "true"),
        ("type(optional.none()) == optional_type", "true"),
        ("{'null_key': dyn(null)}.?null_key.hasValue()", "true"), ("{1u: 1.0, 2: 2.0}[?1]", "error: expected type 'uint' but found 'int'"),
    ])
    func `optionals hold a value or none`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("int(-7.9)", "-7"), ("int('987')", "987"), ("int(1e99)", "error: integer overflow"),
        ("int(18446744073709551615u)", "error: integer overflow"),
        ("int(timestamp('2004-09-16T23:59:59Z'))", "1095379199"), ("uint(-1)", "error: unsigned integer overflow"), ("uint(25.5)", "25u"),
        ("double('-84.32e7')", "-843200000.0"), ("double('abc')", "error: strconv.ParseFloat: parsing \"abc\": invalid syntax"),
        ("string(-4.5e-3)", "'-0.0045'"),
        ("string(b'\\303\\277')", "'ÿ'"), ("string(b'\\000\\xff')", "error: invalid UTF-8 in bytes, cannot convert to string"),
        ("bytes('ÿ')", "b195,191"),
        ("bool('TRUE')", "true"), ("type(1) == int", "true"), ("type(type(1)) == type", "true"), ("type([1]) == list", "true"),
        ("type({}) == map", "true"),
        ("type(null) == null_type", "true"), ("type(7) == type(7u)", "false"), ("string(duration('1h45m47s'))", "'6347s'"),
        ("string(timestamp('2023-02-03T23:31:20.120+01:00'))", "'2023-02-03T22:31:20.12Z'"),
        ("type(duration('1s')) == google.protobuf.Duration", "true"), ("duration('x')", "error: invalid duration argument"),
        ("timestamp('2023-13-01T00:00:00Z')", "error: invalid timestamp argument"),
    ])
    func `values are converted`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("timestamp('2009-02-13T23:31:30Z').getFullYear()", "2009"), ("timestamp('2009-02-13T23:31:30Z').getMonth()", "1"),
        ("timestamp('2009-02-13T23:31:30Z').getDate()", "13"), ("timestamp('2009-02-13T23:31:30Z').getDayOfMonth()", "12"),
        ("timestamp('2009-02-13T23:31:30Z').getDayOfWeek()", "5"), ("timestamp('2009-02-13T23:31:30Z').getDayOfYear()", "43"),
        ("timestamp('2009-02-13T23:31:30Z').getHours('-08:00')", "15"),
        ("timestamp('2009-02-13T23:31:20.123456789Z').getMilliseconds()", "123"),
        ("timestamp('2009-02-13T23:31:30Z').getMinutes('23:01')", "32"), ("duration('10000s').getHours()", "2"),
        ("duration('3730s').getSeconds()", "3730"),
        ("timestamp('2009-02-13T23:00:00Z') + duration('240s')", "2009-02-13T23:04:00Z"),
        ("duration('120s') + timestamp('2009-02-13T23:01:00Z')", "2009-02-13T23:03:00Z"),
        ("timestamp('2009-02-13T23:31:00Z') - timestamp('2009-02-13T23:29:00Z')", "120s"), ("duration('900s') - duration('42s')", "858s"),
        ("timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "error: timestamp overflow"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
        ("timestamp(0) < timestamp('1970-01-01T00:00:01Z')", "true"),
    ])
    func `timestamps and durations are reckoned with`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("a", "ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a\n | ^"),
        ("1 +\n  b", "ERROR: <input>:2:3: undeclared reference to 'b' (in container '')\n |   b\n | ..^"),
        ("1 +", "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting"),
        ("foo(1)", "ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(1)\n | ...^"),
        ("'a'.contains(1)", "ERROR: <input>:1:13: found no matching overload for 'contains' applied to 'string.(int)'"),
        ("1.x", "ERROR: <input>:1:2: "), ("if", "ERROR: <input>:1:1: reserved identifier: if"),
        ("[1, 'a']", "ERROR: <input>:1:5: expected type 'int' but found 'string'"),
        ("'a'.matches('(')", "ERROR: <input>:1:13: invalid matches argument"),
        ("a && b", "ERROR: <input>:1:6: undeclared reference to 'b' (in container '')"),
    ])
    func `what is wrong is told with its place`(_ source: String, _ expected: String) {
        do throws(CompilationError) {
            _ = try Program(source, in: Environment([]))
            Issue.record("\(source) was taken")
        } catch {
            #expect(error.description.contains(expected), "\(error.description)")
        }
    }
}
