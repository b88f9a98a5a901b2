import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.closures import Closure
from django_aws_api_gateway_websockets.core.errors import TemplateError
from django_aws_api_gateway_websockets.core.events.event import Event
from django_aws_api_gateway_websockets.core.events.templates import MappingTemplate
from tests.core.event_values import a_context

BODY = '{"a": 1, "b": [1, 2, {"c": null}], "t": true, "f": 1.5, "s": "it\'s", "e": ""}'


def render(template, body=BODY, **variables):
    event = Event(a_context(), stage_variables=variables)
    return MappingTemplate.parse(template).render(event, body)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("$context.connectionId", "gbgHN0-zjQAYKEjhgA=="),
        ("${context.stage}!", "prod!"),
        ("$!context.routeKey.", "join."),
        ("$context.identity.sourceIp", "203.0.113.7"),
        ("[$context.nothing]", "[]"),
        ("$nothing.at.all", ""),
        ("$stageVariables.colour", "blue"),
        ("$stageVariables['colour']", "blue"),
        ("$input.body", BODY),
        ("$input.json('$')", '{"a":1,"b":[1,2,{"c":null}],"t":true,"f":1.5,"s":"it\'s","e":""}'),
        ("$input.json('$.s')", '"it\'s"'),
        ("$input.json('$.b[2]')", '{"c":null}'),
        ("[$input.json('$.none')]", "[]"),
        ("$input.path('$.a') $input.path('$').t $input.path('$').f", "1 true 1.5"),
        ("$input.path('$.b')", "[1, 2, {c=null}]"),
        ("$input.path('$').b[1] $input.path('$').b.get(0) $input.path('$').b.size()", "2 1 3"),
        ("$input.path(\"$['s']\")", "it's"),
        ("$util.escapeJavaScript($input.path('$.s'))", "it\\'s"),
        ("$util.escapeJavaScript($input.path('$.s')).replaceAll(\"\\\\'\",\"'\")", "it's"),
        ("$util.base64Encode('a\u00e9') $util.base64Decode('YcOp')", "YcOp a\u00e9"),
        ("$util.urlEncode('a b&c') $util.urlDecode('a+b%26c')", "a+b%26c a b&c"),
        ("$util.parseJson('{\"x\": [7]}').x[0]", "7"),
        ("[$util.base64Encode($nothing)]", "[]"),
    ],
)
def test_variables_are_those_of_api_gateway(template, text):
    assert render(template, colour="blue") == text


@pytest.mark.fact("context-numbers")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("#set($t = $context.requestTimeEpoch / 1000 + 86400)$t", "1790382184"),
        ("#set($t = $context.requestTimeEpoch - $context.connectedAt)$t ms", "34217 ms"),
        ("#set($t = $context.requestTimeEpoch / 1000.0)#if($t > 1790295784)later#end", "later"),
        ("#if($context.requestTimeEpoch > 1790000000000)new#end", "new"),
        ("#if($context.requestTimeEpoch % 2 == 0)even#end", "even"),
        ("#set($c = $context.disconnectStatusCode + 1)$c", "1002"),
        ("#if($context.disconnectStatusCode == 1001)away#end", "away"),
        ("#if($context.disconnectStatusCode == '1001')away#end", "away"),
        ("#set($s = $context.status / 100)$s", "2"),
        ('{"at": $context.requestTimeEpoch, "up": "$context.connectedAt"}',
         '{"at": 1790295784104, "up": "1790295749887"}'),
        ("$context.requestTimeEpoch.toString().substring(0, 10)", "1790295784"),
        ("#set($n = $context.requestTimeEpoch.parseInt('41') + 1)$n", "42"),
        ("#set($n = $input.path('$.f').intValue() + 1)$n", "2"),
    ],
)  # fmt: skip
def test_numbers_of_the_context_are_numbers_in_templates(template, text):
    context = a_context(closure=Closure(1001, "Going away"))

    assert MappingTemplate.parse(template).render(Event(context), BODY, status=200) == text


@pytest.mark.fact("list-length")
@pytest.mark.parametrize("expression", ["$input.path('$.b')", "$input.path('$')"])
def test_the_length_of_a_list_or_map_is_called_size(expression):
    with pytest.raises(TemplateError, match=r"has no method length\(\): use size\(\)\."):
        render(f"{expression}.length()")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("costs $5, #1, 100%, #fff and US$", "costs $5, #1, 100%, #fff and US$"),
        ("\\$context.stage \\\\$context.stage \\#if", "$context.stage \\prod #if"),
        ("C:\\path\\n", "C:\\path\\n"),
        ("a ## gone\nb #* gone *#c", "a b c"),
        ("#set($x = 1 + 2 * 3)\n$x", "7"),
        ("#set($x = (1 + 2) * 3 - 1)$x", "8"),
        ("#set($x = -7 / 2)$x #set($y = -7 % 2)$y #set($z = 7.0 / 2)$z", "-3 -1 3.5"),
        ('#set($x = "a" + 1)$x', "a1"),
        ("#set($q = '$context.stage')$q #set($q = \"${context.stage}-\")$q",
         "$context.stage prod-"),
        ('#set($q = "say ""hi""")$q', 'say "hi"'),
        ("#if(1 == 1.0 && !(2 > 3))y#{else}n#end", "y"),
        ("#if($nothing)a#elseif('x' eq \"x\" and 1 lt 2)b#else c#end", "b"),
        ("#if(not true || false)a#{end}", ""),
        ("#if($input.path('$.e'))empty counts#end", "empty counts"),
        ("#if($input.path('$.a') == '1')y#end", "y"),
        ("#foreach($i in [1..3])$i$foreach.index#if($foreach.hasNext),#end#end", "10,21,32"),
        ("#foreach($i in [2..1])$velocityCount:$i #end", "1:2 2:1 "),
        ("#foreach($x in {'a': 'b'})$x#end", "b"),
        ("#foreach($x in $nothing)$x#end", ""),
        ("#foreach($i in [1])#foreach($j in [2])$foreach.count#end$foreach.count$i#end$!i", "111"),
        ("#set($m = {'k': [1, 'two']})$m $m.k[1] $m.keySet() $m.containsKey('k')",
         "{k=[1, two]} two [k] true"),
        ("#set($l = [])#set($ok = $l.add('x'))$l $ok", "[x] true"),
        ("#set($m = {})$!m.put('a', 1)$m", "{a=1}"),
        ("#set($s = 'a,b,,')$s.split(',').size() $s.length() $s.substring(2) $s.toUpperCase()",
         "2 5 b,, A,B,,"),
        ("#set($s = 'ab')$s.matches('a.') $s.contains('b') $s.indexOf('z') $s.replace('a', 'x')",
         "true true -1 xb"),
        ("#set($s = 'a1b2')$s.replaceAll('([a-z])([0-9])', '$2$1')", "1a2b"),
    ],
)  # fmt: skip
def test_the_language_is_velocitys(template, text):
    assert render(template) == text


@pytest.mark.parametrize(
    "template",
    [
        "#if(true)",
        "#if(",
        "#if()x#end",
        "#end",
        "#foreach($x)#end",
        "#foreach($x in [1]) ",
        "#set($x)",
        "#set($x.y = 1)",
        "#set($x = )",
        "#set($x = [1, )",
        "#set($x = {1 2})",
        "#set($x = (1)",
        "#set($x = 99999999999999999999)",
        "${context.stage",
        "$input.path('$.a'",
        "#macro(x)y#end",
        "#parse('/etc/passwd')",
        "#include('/etc/passwd')",
        "#evaluate('x')",
        "#define($x)y#end",
        "#stop",
        "#break",
        "#[[ raw ]]#",
        "#* " * 100_000,
        "$input.params('x')",
        "$input.headers",
        "$input",
        "$util",
        "$util.nope('x')",
        "$util.escapeJavaScript()",
        "$input.path()",
        "$input.path('$..a')",
        "$input.path('$.a[*]')",
        "$input.path('$.a[?(@.b)]')",
        "$input.path('$.a.length()')",
        "$input.path('a')",
        "$input.body.getClass()",
        "#if([[[$input.path('$').a.nope()]] == 1])x#end",
        '#set($x = "$util.nope(1)")',
        "#set($x = {'a': $util.nope(1)})",
        "$input.path('$')[$util.nope(1)]",
        "#if(true)#foreach($i in [1..$util.nope(1)])$i#end#end",
        "#set($x = " + "(" * 100_000,
        "x" * (300 * 1024 + 1),
    ],
)
def test_an_unsupported_template_is_refused_when_it_is_read(template):
    with pytest.raises(TemplateError):
        MappingTemplate.parse(template)


def test_the_refusal_says_where():
    with pytest.raises(TemplateError, match=r"Line 2, column 4 .*#macro does not exist here"):
        MappingTemplate.parse("one\ntwo#macro(x)#end")


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($i in $input.path('$'))x#end",
        "#foreach($i in [1..2000])x#end",
        "#foreach($i in [1..999])#foreach($j in [1..999])$i#end#end",
        "#set($x = 'ab')#foreach($i in [1..99])#set($x = \"$x$x\")#end",
        "#set($x = 'ab')#foreach($i in [1..99])#set($x = $x + $x)#end",
        "#set($x = 'ab')#foreach($i in [1..99])#set($x = $x.replaceAll('a', 'aaaaaaaa'))#end",
        "#set($x = 10)#foreach($i in [1..99])#set($x = $x * $x)#end",
        "#set($x = 1.5)#foreach($i in [1..99])#set($x = $x * $x)#end",
        "#set($l = [])#set($ok = $l.add($l))$l",
        "#set($x = 1 / 0)",
        "$input.path('$').size().length()",
        "$util.base64Decode('!')",
        "$util.parseJson('{')",
        "$input.body.substring(5, 1)",
        "$input.body.matches('(')",
        "$input.path($input.body)",
        "$input.path('$').get(-1)",
        "$context.requestTimeEpoch.substring(0, 10)",
        "$context.requestTimeEpoch.parseInt('one')",
        "$input.path('$').get('a')",
    ],
)
def test_a_template_that_goes_wrong_on_a_message_says_so_instead_of_guessing(template):
    parsed = MappingTemplate.parse(template)
    with pytest.raises(TemplateError):
        parsed.render(Event(a_context()), "[" + ",".join(["1"] * 1500) + "]")


@pytest.mark.parametrize("body", ["", "not json", "[" * 100_000, "1" * 5000, "1e999", "NaN"])
def test_a_body_that_is_no_json_has_nothing_at_any_path(body):
    assert render("[$input.path('$.a')$input.json('$.a')]", body) == "[]"


PIECES = st.sampled_from(
    [
        *"$#{}()[]'\".!\\ \n=+/%,:10a\u00e9\ud800",
        *(
            "\r\n",
            "..",
            "==",
            "&&",
            "||",
            "#set(",
            "#if(",
            "#else",
            "#elseif(",
            "#end",
            "#foreach(",
        ),
        *(" in ", "$x", "$input.path('$')", "$util.parseJson(", ".size()", ".get(", ".replaceAll("),
        *("2.5", "##", "#*", "*#", "true", "null", "$foreach.hasNext"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from([BODY, "", "[[1]]", '"x"', "7"]))
def test_any_text_is_a_template_that_ends_or_is_refused(template, body):
    try:
        text = render(template, body)
    except TemplateError:
        return
    assert isinstance(text, str)


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($i in [1..900])" + "x" * 100_000 + "#end",
        "$input.body.replace('a', $input.body)",
        "$input.body.replaceAll('a', $input.body)",
    ],
)
def test_a_text_that_grows_too_long_is_stopped_while_it_grows(template):
    tracemalloc.start()

    with pytest.raises(TemplateError, match="more than 1048576 characters"):
        render(template, "a" * 10_000)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20 * 2**20
