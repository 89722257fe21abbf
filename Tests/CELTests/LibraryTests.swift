import CEL
import Machinery
import Testing

/// Facts of the tests of Kubernetes' libraries (k8s.io/apiserver/pkg/cel/library) and of the extensions of cel-go.
@Suite struct LibraryTests {
    @Test(arguments: [
        ("'tacocat'.charAt(3)", "'o'"), ("'tacocat'.charAt(7)", "''"), ("'tacocat'.charAt(30)", "error: index out of range: 30"),
        ("'ta©o©αT'.indexOf('©', 3)", "4"), ("'tacocat'.indexOf('none')", "-1"), ("'tacocat'.indexOf('', 3)", "3"),
        ("'ta©o©αT'.lastIndexOf('©α', 4)", "4"),
        ("'bananananana'.lastIndexOf('nana', 7)", "6"), ("'tacocat'.lastIndexOf('a', 3)", "1"), ("''.lastIndexOf('@@')", "-1"),
        ("'TacoCÆt Xii'.lowerAscii()", "'tacocÆt xii'"), ("'tacoCαt'.upperAscii()", "'TACOCαT'"),
        ("'{0} days {0} hours'.replace('{0}', '2', 1).replace('{0}', '23')", "'2 days 23 hours'"), ("'abc'.replace('', '-')", "'-a-b-c-'"),
        ("'hello world events!'.split(' ', 2)", "['hello', 'world events!']"), ("'o©o'.split('©', -1)", "['o', 'o']"),
        ("'abc'.split('')", "['a', 'b', 'c']"),
        ("'a b'.split(' ', 0)", "[]"), ("'ta©o©αT'.substring(2, 6)", "'©o©α'"), ("'tacocat'.substring(4)", "'cat'"),
        ("'tacocat'.substring(6, 3)", "error: invalid substring range. start: 6, end: 3"),
        (#"'\u0085\u00a0\u1680text \n'.trim()"#, "'text'"),
        ("['x', 'y'].join('-')", "'x-y'"), ("[].join()", "''"), ("'abc'.reverse()", "'cba'"), (#"strings.quote('a"\n')"#, #"'"a\"\n"'"#),
        ("'%s has %d and %%'.format(['a', 3])", "'a has 3 and %'"),
        ("'%.3f %e %b %x %X %o'.format([1.2345, 2.71828, 5, 30, 30, 11])", "'1.234 2.718280e+00 101 1e 1E 13'"),
        ("'%s'.format([[1, 2]])", "'[1, 2]'"), ("'%s'.format([{'b': 1.5, 'a': 2.0}])", "'{a: 2, b: 1.5}'"),
        ("'%x'.format(['Hello world!'])", "'48656c6c6f20776f726c6421'"),
        ("'%d'.format(['a'])", "error: error during formatting: decimal clause can only be used on integers, was given string"),
        ("'%s'.format([])", "error: index 0 out of range"), ("'%f %.0f %.2f'.format([2.71828, 2.5, 1000000.0])", "'2.718280 2 1000000.00'"),
        ("'%.6e'.format([1052.032911275])", "'1.052033e+03'"), ("'%f'.format([0.000001234])", "'0.000001'"),
        ("'%.1f'.format([0.96])", "'1.0'"), ("'%.2f'.format([-0.005])", "'-0.01'"),
    ])
    func `strings`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("[1, 2, 3].isSorted()", "true"), ("['b', 'a'].isSorted()", "false"), ("[].isSorted()", "true"), ("[1, 2].sum()", "3"),
        ("[1.5, 2.5].sum()", "4.0"),
        ("[duration('1m'), duration('1s')].sum()", "61s"), ("[3, 1].min()", "1"), ("['a', 'c'].max()", "'c'"),
        ("dyn([]).max()", "error: max called on empty list"),
        ("[1, 2, 2].indexOf(2)", "1"), ("[1, 2, 2].lastIndexOf(2)", "2"), ("[1].indexOf(5)", "-1"),
        ("[9223372036854775807, 1].sum()", "error: integer overflow"),
        ("sets.contains([1, 2], [2])", "true"), ("sets.equivalent([1, 1], [1])", "true"), ("sets.intersects([1], [2])", "false"),
        ("sets.intersects([1], [1u, 1])", "error: expected type 'uint' but found 'int'"),
        ("'abc 123 45'.find('[0-9]+')", "'123'"), ("'abc'.find('[0-9]+')", "''"), ("'123 abc 456'.findAll('[0-9]+')", "['123', '456']"),
        ("'123 abc 456'.findAll('[0-9]+', 1)", "['123']"), ("'aaa'.findAll('a*?')", "['', '', '', '']"),
        ("'abab'.findAll('ab|a')", "['ab', 'ab']"), ("'xay'.findAll('a*')", "['', 'a', '']"),
        ("'abcabc'.find('b.*?c')", "'bc'"), ("'abcabc'.find('b.*c')", "'bcabc'"), ("'hello'.matches('^h.*o$')", "true"),
        ("matches('hello', 'll')", "true"),
        ("dyn('hello').matches('(')", "error: invalid matches argument"),
        ("[1, 2, 3, 4].slice(1, 3)", "[2, 3]"), ("[1].slice(1, 1)", "[]"), ("[[1], [], [2, 3]].flatten()", "[1, 2, 3]"),
        ("[1, 2].slice(3, 0)", "error: cannot slice(3, 0), start index must be less than or equal to end index"),
        ("[1, 2].slice(0, 10)", "error: cannot slice(0, 10), list is length 2"),
        ("[1, 2].slice(-5, 10)", "error: cannot slice(-5, 10), negative indexes not supported"),
        ("[dyn(1), dyn([dyn(2), dyn([3, 4])])].flatten(2)", "[1, 2, 3, 4]"), ("[[1]].flatten(-1)", "error: level must be non-negative"),
        ("lists.range(4)", "[0, 1, 2, 3]"), ("lists.range(0)", "[]"), ("[5, 1, 2, 3].reverse()", "[3, 2, 1, 5]"),
        ("lists.range(-1)", "error: lists.range: size must be non-negative, got -1"),
        ("lists.range(9223372036854775807)", "error: operation cancelled: actual cost limit exceeded"),
        ("['b', 'b', 'c', 'a', 'c'].distinct()", "['b', 'c', 'a']"), ("[dyn(1), dyn(1.0), dyn(2u), dyn(2)].distinct()", "[1, 2u]"),
        ("['d', 'a', 'b', 'c'].sort()", "['a', 'b', 'c', 'd']"), ("[[1], [2]].map(x, x.sort())", "[[1], [2]]"),
        ("[dyn(3), dyn('x')].sort()", "error: list elements must have the same type"),
        ("[dyn([1])].sort()", "error: list elements must be comparable"),
        ("[['foo', 'b'], ['bar', 'a']].sortBy(e, e[1]).map(e, e[0])", "['bar', 'foo']"), ("[].sortBy(e, e)", "[]"),
        ("['a', 'bbb', 'cc'].sortBy(e, -size(e))", "['bbb', 'cc', 'a']"),
        (
            "'abc'.sortBy(e, e)",
            "error: sortBy can only be applied to a list, identifier, comprehension, call or select expression"
        ),
    ])
    func `lists, sets and patterns`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    @Test(arguments: [
        ("url('https://user:pass@example.com:80/path to?k1=a&k2=b&k2=c').getQuery()", "{'k1': ['a'], 'k2': ['b', 'c']}"),
        ("url('https://example.com:80/').getHost()", "'example.com:80'"), ("url('https://[::1]:80/').getHostname()", "'::1'"),
        ("url('https://example.com:80/').getPort()", "'80'"),
        ("url('https://example.com/path with spaces/').getEscapedPath()", "'/path%20with%20spaces/'"),
        ("url('/path').getScheme()", "''"), ("isURL('https://a.b/c')", "true"), ("isURL('../relative')", "false"),
        ("isURL('https://a:b:c/')", "false"), ("isURL('//no-scheme')", "true"),
        ("ip('192.168.0.1').family()", "4"), ("ip('::1').isLoopback()", "true"), ("isIP('192.168.0.1.0')", "false"),
        ("isIP('::ffff:1.2.3.4')", "false"),
        ("ip('10.0.0.1').isGlobalUnicast()", "true"), ("ip('224.0.0.1').isLinkLocalMulticast()", "true"),
        ("ip('fe80::1').isLinkLocalUnicast()", "true"), ("ip('0.0.0.0').isUnspecified()", "true"),
        ("ip.isCanonical('2001:DB8::1')", "false"), ("ip.isCanonical('127.0.0.1')", "true"), ("string(ip('2001:DB8::1'))", "'2001:db8::1'"),
        ("ip('1.1.1.1') == ip('1.1.1.1')", "true"),
        ("cidr('192.168.0.0/24').containsIP('192.168.0.1')", "true"), ("cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))", "false"),
        ("cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24')", "true"),
        ("cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24')", "true"),
        ("cidr('::1/128').ip().family()", "6"), ("cidr('192.168.0.0/24').prefixLength()", "24"), ("isCIDR('192.168.0.0/33')", "false"),
        ("type(ip('1.1.1.1')) == net.IP", "true"),
        ("ip('x')", "error: IP Address \"x\" parse error during conversion from string: ParseAddr(\"x\"): unable to parse IP"),
        ("ip('1.2.3.4.5')", ipError("1.2.3.4.5", "IPv4 address too long")), ("ip('1.2.3')", ipError("1.2.3", "IPv4 address too short")),
        ("ip('1.2.3.256')", ipError("1.2.3.256", "IPv4 field has value >255")),
        ("ip('01.2.3.4')", ipError("01.2.3.4", "IPv4 field has octet with leading zero")),
        ("ip('2001:db8:::68')", ipError("2001:db8:::68", #"each colon-separated field must have at least one digit (at ":68")"#)),
        ("ip('1::2::3')", ipError("1::2::3", #"multiple :: in address (at ":3")"#)),
        ("ip('1:2')", ipError("1:2", "address string too short")),
        ("cidr('192.168.0.0/')", cidrError("192.168.0.0/", #"bad bits after slash: """#)),
        ("cidr('192.168.0.0/33')", cidrError("192.168.0.0/33", "prefix length out of range")),
        ("cidr('10.0.0.0')", cidrError("10.0.0.0", "no '/'")),
    ])
    func `addresses`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    private static func ipError(_ text: String, _ reason: String) -> String {
        #"error: IP Address "\#(text)" parse error during conversion from string: ParseAddr("\#(text)"): \#(reason)"#
    }

    private static func cidrError(_ text: String, _ reason: String) -> String {
        let complaint = "network address parse error during conversion from string: "
        return #"error: \#(complaint)\#(complaint)netip.ParsePrefix("\#(text)"): \#(reason)"#
    }

    @Test(arguments: [
        ("quantity('50M').isLessThan(quantity('1Gi'))", "true"), ("quantity('1.5').isInteger()", "false"),
        ("quantity('50k').asInteger()", "50000"),
        ("quantity('50k').add(20) == quantity('50020')", "true"), ("quantity('50k').sub(quantity('50k')).sign()", "0"),
        ("quantity('200M').compareTo(quantity('0.2G'))", "0"),
        ("isQuantity('Three')", "false"), ("quantity('50703k').asApproximateFloat()", "50703000.0"),
        ("quantity('1.5').asInteger()", "error: cannot convert value to integer"),
        ("quantity('9999999999999999999999999999999999999G').isInteger()", "false"), ("quantity('100Ti').isInteger()", "false"),
        ("quantity('10Ti').isInteger()", "true"), ("quantity('1.0').isInteger()", "false"),
        ("quantity('9E').add(quantity('9E')).isInteger()", "false"),
        ("semver('1.2.3').compareTo(semver('2.0.0'))", "-1"), ("semver('1.0.0-alpha').isLessThan(semver('1.0.0'))", "true"),
        ("isSemver('v1.0')", "false"), ("isSemver('v1.0', true)", "true"),
        ("semver('01.01.01', true) == semver('1.1.1')", "true"), ("semver('1.2.3').minor()", "2"),
        ("semver('1.0.0-2').isLessThan(semver('1.0.0-10'))", "true"), ("isSemver('1.0.0-01')", "false"),
        ("format.dns1123Label().validate('my-label-name')", "none"), ("format.dns1123Label().validate('A').hasValue()", "true"),
        ("format.named('dns1123Label').hasValue()", "true"),
        ("format.named('nonsense').hasValue()", "false"), ("format.dns1123LabelPrefix().validate('my-prefix-')", "none"),
        ("format.uuid().validate('x').value()", "['does not match the UUID format']"),
        ("format.named('date').value().validate('2021-01-01')", "none"), ("jsonpatch.escapeKey('a/b~c')", "'a~1b~0c'"),
    ])
    func `quantities, versions and formats`(_ source: String, _ expected: String) { #expect(outcome(source) == expected) }

    private struct Judge: AccessJudge {
        func decide(_ question: AccessQuestion) -> (isAllowed: Bool, reason: String) {
            let subject: String = question.serviceAccount.map { "\($0.namespace)/\($0.name)" } ?? "-"
            let text =
                "\(subject) \(question.verb) \(question.path)\(question.group)/\(question.resource)/\(question.subresource) \(question.namespace)/\(question.name)"
            return (question.verb == "get", text)
        }
    }

    @Test(arguments: [
        ("authorizer.path('/healthz').check('get').allowed()", "true"),
        ("authorizer.path(' ').check('get').allowed()", "error: path must not be empty"),
        (
            "authorizer.group('apps').resource('deployments').subresource('status').namespace('a').name('b').check('get').reason()",
            "'- get apps/deployments/status a/b'"
        ),
        ("authorizer.serviceAccount('default', 'me').group('').resource('pods').check('list').allowed()", "false"),
        ("authorizer.serviceAccount('De', 'me').path('/').check('get').allowed()", "error: Invalid service account namespace"),
        ("authorizer.group('').resource('pods').check('get').errored()", "false"),
        (
            "authorizer.check('get')",
            "error: found no matching overload for 'check' applied to 'kubernetes.authorization.Authorizer.(string)'"
        ),
        ("authorizer.requestResource.check('get').allowed()", "true"),
        // Two checks fit into an expression, three do not.
        ("authorizer.path('/a').check('x').allowed() || authorizer.path('/b').check('get').allowed()", "true"),
        (
            "authorizer.path('/a').check('x').allowed() || authorizer.path('/b').check('x').allowed() || authorizer.path('/c').check('x').allowed()",
            "error: operation cancelled: actual cost limit exceeded"
        ),
    ])
    func `questions to the authorizer`(_ source: String, _ expected: String) {
        let environment = Environment([
            Environment.Variable("authorizer", AuthorizerValue.type),
            Environment.Variable("authorizer.requestResource", AuthorizerValue.resourceType),
        ])
        var resource = AccessQuestion()
        resource.resource = "pods"
        let inputs: [Value] = [.object(AuthorizerValue(Judge())), .object(AuthorizerValue(Judge(), resource: resource))]
        do throws(CompilationError) {
            switch try Program(source, in: environment).evaluate(inputs).result {
            case .success(let value): #expect(shown(value) == expected)
            case .failure(let error): #expect("error: \(error.description)" == expected)
            }
        } catch {
            #expect("error: " + (error.issues.first?.message ?? "") == expected)
        }
    }
}
