"""Writes vectors.json: what Python's jinja2, set up as Hugging Face transformers sets it up, makes of the templates below.

    python3 make-vectors.py          writes the file anew
    python3 make-vectors.py --check  says whether the file still agrees with the jinja2 that is installed

The C# tests read vectors.json alone; Python is only needed to make it.
"""
import datetime
import json
import pathlib
import re
import sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


class Raised(jinja2.TemplateError):
    pass


def raise_exception(message):
    raise Raised(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(form):
    return datetime.datetime(2024, 3, 5, 9, 7, 3).strftime(form)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
env.filters["tojson"] = tojson
env.globals.update(raise_exception=raise_exception, strftime_now=strftime_now)


def render(template, variables):
    """The text, or what went wrong: the template's own message, or null for an error of any other kind."""
    try:
        text = env.from_string(template).render(**variables)
    except Raised as error:
        return {"raised": str(error)}
    except Exception:
        return {"error": True}
    # Generators print their address in Python.
    return {"text": re.sub(r"<(generator object) [^>]*>", r"<\1>", text)}


VARIABLES = {
    "s": "Hello World",
    "t": "  tRim me\n",
    "u": "na\u00efve \U0001f600 \u00e9",
    "e": "",
    "n": None,
    "i": 7,
    "neg": -3,
    "z": 0,
    "f": 2.5,
    "g": 1e+20,
    "h": 1e-07,
    "b": True,
    "c": False,
    "l": [
        3,
        1,
        2
    ],
    "m": [
        "b",
        "A",
        "c"
    ],
    "x": [],
    "d": {
        "a": 1,
        "b": [
            1,
            {
                "k": "v'q"
            }
        ],
        "items": 5
    },
    "q": "it's \"q\"",
    "p": [
        {
            "r": "user",
            "c": "hi",
            "o": {
                "z": 3
            }
        },
        {
            "r": "assistant",
            "c": "yo",
            "n": None
        },
        {
            "r": "user",
            "c": "",
            "o": {
                "z": 1
            }
        }
    ],
    "big": 123456789012345678901234567890,
    "nl": "a\nb\r\n\nc\u000bd",
    "messages": [
        {
            "role": "system",
            "content": "Be brief."
        },
        {
            "role": "user",
            "content": "Hi  "
        },
        {
            "role": "assistant",
            "content": " Yo",
            "tool_calls": [
                {
                    "type": "function",
                    "function": {
                        "name": "f",
                        "arguments": {
                            "x": 1,
                            "y": "\u00e9"
                        }
                    }
                }
            ]
        },
        {
            "role": "tool",
            "content": "{\"a\": 1}"
        }
    ],
    "bos_token": "<s>",
    "eos_token": "</s>",
    "add_generation_prompt": True,
    "tools": None
}

EXPRESSIONS = [
    "'\u03b1\u03b1\u03a3'|lower",
    "'\u03b1\u03a3 \u03b1\u03a3\u03b2'.title()",
    "'%.2g' % (b,)",
    "'%.3d' % (7,)",
    "'%+.1e' % (12345,)",
    'false / -1',
    '0 / -3',
    "'{:^5}'.format(c)",
    "'{:,}'.format('')",
    "'{:_}'.format(d)",
    "'{:5}'.format(undef)",
    'undef|last',
    'undef|reverse|list',
    "' 1 2 3 '.split(none, 1)",
    "' 1 2 3 '.rsplit(none, 1)",
    "'abc'.split('b', 0)",
    "'{:<08}|{:=+8.2f}|{:_d}'.format('a', f, 1234567)",
    "'%5s|%-5s|%c' % ('\U0001f600', 'b', 65)",
    "[1,2]|batch(5, 'x')|list",
    '2**63',
    '-2**63',
    '9223372036854775807 + 1',
    '-9223372036854775808 // -1',
    '123456789012345678901234567890|tojson',
    '1e22|int',
    '(2**64)|float',
    '(2**53 + 1) == 9007199254740993.0',
    'range(3, 0, -1)[::-1]|list',
    's.upper()',
    's|upper',
    's|lower',
    's|title',
    's.title()',
    't|trim',
    't.strip()',
    't.lstrip()|tojson',
    't.rstrip()|tojson',
    'u|length',
    'u[6]',
    'u[::-1]',
    'u|reverse',
    'u|list',
    'u|upper',
    's[1:5]',
    's[-5:]',
    's[::2]',
    's[10:2:-2]',
    'l[::-1]',
    'l[1:]',
    'l[-1]',
    'l[5]',
    'm|sort',
    'm|sort(case_sensitive=true)',
    'm|sort(reverse=true)',
    'l|sort',
    'l|min',
    'l|max',
    'm|min',
    'm|max',
    'x|max',
    'x|first',
    'x|last',
    'l|first',
    'l|last',
    'l|sum',
    "p|map(attribute='r')|list",
    "p|map(attribute='r')|join(',')",
    "p|selectattr('r','equalto','user')|list",
    "p|selectattr('o')|list",
    "p|selectattr('o','defined')|map(attribute='c')|list",
    "p|rejectattr('o','defined')|list|length",
    "p|map(attribute='o.z')|list",
    "p|map(attribute='n',default='dd')|list",
    "l|select('odd')|list",
    "l|reject('odd')|list",
    "l|select('gt',1)|list",
    "l|map('string')|join('-')",
    "m|map('upper')|list",
    "l|map('abs')|list",
    'd',
    'd|tojson',
    'd|tojson(indent=2)',
    'd|items|list',
    'd.items()|list',
    "d['items']",
    'd.keys()',
    'd.values()',
    "d.get('a')",
    "d.get('zz')",
    "d.get('zz',3)",
    'd|length',
    'd|list',
    'd|dictsort',
    "d|dictsort(by='value')",
    'd.b[1].k',
    "d['b'][0]",
    'q',
    'q|tojson',
    'q|string',
    '[q]',
    '[s,q,n,b,f,g,h]',
    '(1,)',
    '(1,2)',
    '()',
    '{}',
    "{'a':1,2:'b',None:3}",
    'f',
    'g',
    'h',
    '1.0',
    '0.1+0.2',
    '1e16',
    '1e15',
    '123456789.123',
    '1e-4',
    '1e-5',
    '100000000000000000000.0',
    'i/2',
    'i//2',
    'i%3',
    'neg//2',
    'neg%2',
    '-7//2',
    '-7%3',
    '7%-3',
    'f//1',
    'f%1',
    '-f//2',
    '2**10',
    '2**-1',
    '2**0.5',
    '-2**2',
    'i*f',
    'i*s',
    'l*2',
    '2*m',
    's*neg',
    'big',
    'big+1',
    'big*big',
    'big//7',
    'big%7',
    '-big',
    'big/3',
    '1_000',
    '0x1f',
    '0b101',
    '0o17',
    'i==7.0',
    'b==1',
    'n==none',
    'l==[3,1,2]',
    'l==(3,1,2)',
    '(3,1,2)==(3,1,2)',
    'd=={}',
    's<t',
    'l<m',
    'l<[4]',
    "'a' in s",
    "'W' in s",
    '3 in l',
    "'a' in d",
    '9 not in l',
    '1<2<3',
    '1<3<2',
    '1<2>0',
    'not b',
    'b and s',
    'e or s',
    'e and s',
    'n or e',
    's or undefinedthing',
    'undef',
    "undef|default('x')",
    "e|default('x')",
    "e|default('x',true)",
    'undef|d',
    'undef|length',
    'undef|list',
    'undef|upper',
    'undef|join',
    'undef is defined',
    's is defined',
    'undef.foo',
    'undef+1',
    "undef~'a'",
    'undef==undef',
    'undef is none',
    'undef is string',
    'undef is iterable',
    'undef is sequence',
    'undef is mapping',
    'd.nope',
    'd.nope.x',
    'd.nope is defined',
    'n.x',
    'n is none',
    's is string',
    'i is number',
    'i is integer',
    'b is integer',
    'b is number',
    'f is float',
    'f is number',
    'd is mapping',
    'l is sequence',
    'l is iterable',
    's is iterable',
    'i is iterable',
    'i is odd',
    'i is even',
    'i is divisibleby(7)',
    'i is divisibleby 7',
    'i is eq 7',
    'i is gt 3',
    'i is in l',
    '3 is in l',
    "s is in(['Hello World'])",
    'b is true',
    'c is false',
    'b is boolean',
    'i is sameas 7',
    's is upper',
    "'ABC' is upper",
    "'abc' is lower",
    's is callable',
    'range is callable',
    's.split()',
    "s.split('o')",
    "s.split('o',1)",
    "s.rsplit('o',1)",
    't.split()',
    'nl.splitlines()',
    "nl.split('\\n')",
    "s.startswith('He')",
    "s.startswith(('x','H'))",
    "s.endswith('ld')",
    "s.find('o')",
    "s.find('zz')",
    "s.rfind('o')",
    "s.count('o')",
    "s.replace('o','0')",
    "s.replace('o','0',1)",
    "s.replace('','-')",
    "s|replace('o','0')",
    "s|replace('o','0',1)",
    "s.index('o')",
    's.capitalize()',
    's|capitalize',
    's.swapcase()',
    "s.strip('Hd')",
    "s.lstrip('He')",
    "s.rstrip('dl')",
    "','.join(m)",
    "','.join(l)",
    's.isdigit()',
    "'12'.isdigit()",
    's.isalpha()',
    "'abc'.isalnum()",
    "' '.isspace()",
    's.islower()',
    "'x'.zfill(4)",
    "'-5'.zfill(4)",
    "'x'.center(5)",
    "'x'.center(4)",
    "'x'.ljust(4)~'|'",
    "'x'.rjust(4)",
    "s.partition(' ')",
    "s.rpartition('o')",
    "s.removeprefix('He')",
    "s.removesuffix('ld')",
    'l.index(2)',
    'l.count(1)',
    'l.append(1)',
    'd.update({})',
    "d.pop('a')",
    'l.append',
    'd.update',
    "'%s is %d'%(s,i)",
    "'%5.2f|%-5s|%05d'%(f,'a',i)",
    "'%s'%l",
    "'%r'%s",
    "'%%'",
    "'%x %X %o'%(255,255,8)",
    "'%e %g'%(12345.678,0.00001)",
    "'%g'%1e20",
    "'%(a)s'%d",
    "'%d'%f",
    "'%s'|format(s)",
    "'%s %s'|format(s)",
    "'{} {}'.format(s,i)",
    "'{0} {0}'.format(s)",
    "'{a}'.format(a=i)",
    "'{:>10}|{:<10}|{:^10}'.format('a','b','c')",
    "'{:05d} {:,} {:.3f} {:e} {:x} {:b} {:%}'.format(42,1234567,f,f,255,5,0.25)",
    "'{!r}'.format(s)",
    "'{d[a]}'.format(d=d)",
    "'{0.a}'.format(d)",
    "'{{}}'.format()",
    "'{:.2}'.format('hello')",
    "'{:.3}'.format(3.14159)",
    "'{:g}'.format(1e10)",
    "'{}'.format(f)",
    "'{:10}'.format(f)",
    "'{:+d}'.format(i)",
    'f|round',
    '2.675|round(2)',
    '2.5|round',
    '3.5|round',
    'i|round',
    '1234.567|round(-2)',
    "f|round(0,'ceil')",
    "f|round(0,'floor')",
    "2.1|round(1,'ceil')",
    'f|int',
    "'42'|int",
    "'42.9'|int",
    "'x'|int",
    "'x'|int(5)",
    "'0x1f'|int(0,16)",
    "'1f'|int(base=16)",
    "'3.5'|float",
    "'x'|float",
    'n|int',
    'n|float(1.5)',
    'neg|abs',
    'b|int',
    's|wordcount',
    's|truncate(8)',
    's|truncate(8,true)',
    "s|truncate(5,true,'',0)",
    'nl|indent',
    'nl|indent(2,true)',
    'nl|indent(2,blank=true)',
    "nl|indent('>>')",
    's|center(20)',
    'l|batch(2)|list',
    "l|batch(2,'x')|list",
    'l|slice(2)|list',
    'l|unique|list',
    "['a','A','b']|unique|list",
    "['a','A','b']|unique(case_sensitive=true)|list",
    'l|join',
    "l|join(', ')",
    "p|join('|',attribute='r')",
    "m|join('<')",
    'l|reverse|list',
    's|reverse',
    'l|string',
    'l|tojson',
    '[1,2,[3]]|tojson(indent=4)',
    '{}|tojson(indent=2)',
    '[]|tojson(indent=2)',
    "{'a':{},'b':[]}|tojson(indent=1)",
    "d|tojson(separators=(',',':'))",
    'd|tojson(sort_keys=true)',
    'u|tojson',
    'u|tojson(ensure_ascii=true)',
    'nl|tojson',
    '\'a<b>&\\\'"\'|e',
    "'a<b>'|safe",
    'f|tojson',
    '1.0|tojson',
    'g|tojson',
    'none|tojson',
    'undef|tojson',
    '(1,2)|tojson',
    'big|tojson',
    'range(3)|tojson',
    "p|groupby('r')|list",
    "p|groupby('r')|map(attribute='grouper')|list",
    "p|groupby('r')|map('last')|map('length')|list",
    "p|sort(attribute='c')|map(attribute='c')|list",
    "p|sort(attribute='r,c')|map(attribute='c')|list",
    "p|map(attribute='c')|sort",
    "p|sum(attribute='o.z')",
    'l|sum(start=10)',
    'range(5)',
    'range(5)|list',
    'range(2,10,3)|list',
    'range(10,0,-3)|list',
    'range(5)[1:3]',
    'range(5)|last',
    'range(5)|length',
    'range(1000000)',
    'range(0)',
    '3 in range(5)',
    'dict(a=1,b=2)',
    "dict([['a',1]])",
    'dict(d,z=1)',
    'namespace(a=1)',
    'namespace(a=1).a',
    "cycler('a','b').next()",
    "joiner('|')()",
    's if b',
    's if c',
    's if c else e',
    "'a'",
    "'b'",
    "'a'~1~none~true~1.5",
    'l|map(attribute=0)|list',
    'd._x',
    "l|attr('x')",
    'p[0].r',
    "p[0]['r']",
    'p.0.r',
    'l.0',
    'p[-1].o.z',
    "strftime_now('%d %b %Y')",
    "strftime_now('%A %B %-d %H:%M:%S %j %p %I %y %e %F')",
    's|nosuch',
    's is nosuch',
    "'é'|upper",
    "'ß'|upper",
    "'Ǆ'|lower",
    '"\\u00e9\\x41\\n\\t\\q"',
    "'\\101'",
    '\'\\\\\' "\\\'" s|length is gt 3 not s is string not undef is defined (s|length)>3 s|length>3 s|length+1 -i|abs (-i)|abs i|string~s l|length*2 {\'a\':1}.a {\'a\':1}[\'a\'] [1,2][0] \'abc\'[1] \'abc\'[-1] \'abc\'[5] (1,2)[0] s.upper().lower() s[\'upper\']() d[\'get\'](\'a\') d.get 1 if 2 else 3 if 4 else 5 [1,2,3,] (1,2,) {\'a\':1,} [] is sameas [] true is sameas true 1.5 is sameas 1.5 none is sameas none l is sameas l i in [7] i not in [7] not i in [7] b+b b|string true|tojson 1 ~ 2 + 3 2 + 3 ~ 1 4 * 2 ~ 1 \'x\' * 3 ~ \'y\' 3 > 2 == true 10 / 5 7 // 2.0 7.5 // 2 -7.5 // 2 -7.5 % 2 1/0 1%0 1.0/0 \'5\' + 5 5 + \'5\' [1] + (1,) [1]+[2] (1,)+(2,) n + 1 l - 1 \'a\' < 1 1 < \'a\' \'a\' == 1 none < 1 [1] < [\'a\'] inf \'inf\'|float \'nan\'|float -(\'inf\'|float) (\'1e400\')|float 1e400 \'ab\' in \'abc\' \'\' in \'abc\' 1 in \'abc\' none in l none in [none] 1.0 in [1] true in [1] d == d {\'a\':1} == {\'a\':1.0} {1:\'a\'}[1.0] {1:\'a\'}[true] {(1,2):3}[(1,2)] {[1]:2} l[1.0] l[\'a\'] l[true] l[none] s[none] d[none] d[l] n[0] i[0] i.x l.x s.x none.x f.is_integer() 2.0.is_integer() s() l() undef() n() s.nosuch() s.upper(1) s.split(sep=\'o\') s.split(maxsplit=1) s.encode() s.format_map({}) s|replace(\'o\') s|upper(1) s|default l|map l|map(\'nosuch\')|list l|select(\'nosuch\')|list l|sort(attribute=\'x\') l|batch(0)|list l|slice(0)|list l|first(1) \'a\\',
    "b' '''' ",
]

TEMPLATES = [
    '{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }}{{ m.role }}\n{% endfor %}',
    '{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined }}>{{ loop.nextitem.role if not loop.last }};{% endfor %}',
    "{% for m in messages %}{{ loop.cycle('a','b') }}{{ loop.changed(m.role) }}{% endfor %}",
    "{% for m in messages if m.role != 'system' %}{{ loop.index }}/{{ loop.length }}{{ m.role }}{% else %}none{% endfor %}",
    '{% for m in x %}{{ m }}{% else %}none{% endfor %}',
    '{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}',
    '{% for k, v in d|items %}{{ k }}={{ v }};{% endfor %}',
    '{% for k in d %}{{ k }}{% endfor %}',
    '{% for (a,b) in [(1,2),(3,4)] %}{{a}}{{b}}{% endfor %}',
    '{% for a,(b,c) in [(1,(2,3))] %}{{a}}{{b}}{{c}}{% endfor %}',
    '{% for a,b in [1,2] %}{% endfor %}',
    '{% set y = 1 %}{% for i in l %}{{ y }}{% set y = y + 1 %}{{ y }}{% endfor %}{{ y }}',
    '{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}{{ ns }}',
    '{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}',
    '{% set a, b = 1, 2 %}{{a}}{{b}}',
    '{% set a = 1, 2 %}{{a}}',
    '{% set d.x = 1 %}',
    '{% set nope.x = 1 %}',
    '{% set z %}  hi {{ s }} {% endset %}[{{ z }}]',
    '{% set z | trim | upper %}  hi {{ s }} {% endset %}[{{ z }}]',
    '{% macro f(a, b=2, c=a) %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ f(1) }}|{{ f(1,3) }}|{{ f(1,c=5) }}|{{ f() }}|{{ f(b=1,a=2) }}',
    '{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1,2) }}',
    '{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}',
    '{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1,2,x=3) }}',
    '{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}hi {{ s }}{% endcall %}',
    '{% macro f() %}[{{ caller(1) }}]{% endmacro %}{% call(q2) f() %}hi {{ q2 }}{% endcall %}',
    '{% macro f() %}x{% endmacro %}{% call f() %}hi{% endcall %}',
    '{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}',
    '{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(5) }}',
    '{% macro f(n) %}{{ y }}{% endmacro %}{% set y = 3 %}{{ f(5) }}',
    '{% macro f(n) %}{% set y = 9 %}{% endmacro %}{% set y = 3 %}{{ f(5) }}{{ y }}',
    '{{ f }}{% macro f(n) %}{% endmacro %}{{ f }}',
    '{% for i in range(10) %}{% if i == 3 %}{% continue %}{% endif %}{% if i == 6 %}{% break %}{% endif %}{{ i }}{% endfor %}',
    '{% break %}',
    '{% for i in l %}{% for j in l %}{% if j==1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}',
    '{% filter upper %}abc{{ s }}{% endfilter %}',
    "{% filter replace('a','b')|upper %}abc{{ s }}{% endfilter %}",
    '{% with a=1, b=s %}{{ a }}{{ b }}{% endwith %}{{ a }}',
    '{% with %}{% set a=1 %}{{ a }}{% endwith %}{{ a }}',
    '{% raw %}{{ x }}{% if %}{% endraw %}',
    'a  {%- raw -%}  {{ x }}  {%- endraw -%}  b',
    'a\n  {% raw %}\n  x\n  {% endraw %}\nb',
    '{# c #}\n  {# d #}\nx',
    'a {#- c -#} b',
    'a\n  {#+ c +#}\nb',
    '{%+ if true +%}\nx\n{%+ endif %}\n',
    '  {% if true %}\n  x\n  {% endif %}\n',
    'a\n  {%- if true -%}\n  x\n  {%- endif -%}\n b',
    '{{- s -}}  x',
    'x  {{- s }}\n\n',
    'x\n',
    'x\n\n',
    '\r\nx\r\n',
    "{{ '{{' }}{{ '}}' }}{{ {'a':{'b':1}} }}",
    '{% if s %}a{% elif b %}b{% else %}c{% endif %}{% if e %}a{% elif c %}b{% else %}c{% endif %}',
    '{% if undef %}a{% endif %}{% if not undef %}b{% endif %}',
    '{% if undef.x %}a{% endif %}',
    "{{ raise_exception('no: ' ~ s) }}",
    '{% generation %}a{{ s }}{% endgeneration %}',
    '{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}',
    '{% generation %}{% set y2=1 %}{% endgeneration %}{{ y2 }}',
    '{% if true %}{% set y3=1 %}{% endif %}{{ y3 }}',
    '{% nosuch %}',
    '{% endif %}',
    '{% if true %}',
    '{% for %}',
    '{{',
    '{{ s',
    "{{ 'a }}",
    '{% if %}x{% endif %}',
    '{{ }}',
    '{{ s | }}',
    '{{ a b }}',
    '{{ 1 + }}',
    '{% set %}',
    '{% set true = 1 %}',
    '{% for loop in l %}{% endfor %}',
    '{{ s $ }}',
    '{{ (1,2 }}',
    '{{ [1,2) }}',
    '{{ s! }}',
    '{% macro f(a=1,b) %}{% endmacro %}',
    '{% macro f(a b) %}{% endmacro %}',
    '{{ f(a=1, 2) }}',
    '{{ s is }}',
    '{{ s is defined is string }}',
    '{{ 1.a }}',
    '{{ s. }}',
    '{{ s[ }}',
    '{{ not }}',
    '{{ 1 if }}',
    '{{ 1 if s else }}',
    "{% set r = messages|map(attribute='role') %}{{ r|list }}{{ r|list }}",
    "{% set r = messages|selectattr('role','equalto','user')|list %}{{ r|length }}",
    '{% for m in messages|reverse %}{{ m.role }}{{ loop.index }}{% endfor %}',
    '{% for m in messages[::-1] %}{{ m.role }}{% endfor %}',
    '{% for m in messages %}{% set loop2 = loop %}{% for n in l %}{{ loop2.index }}{{ loop.index }} {% endfor %}{% endfor %}',
    '{% for c in s %}{{ c }}.{% endfor %}',
    "{% for m in messages %}{% if loop.last and m.role=='tool' %}T{% endif %}{% endfor %}{{ loop }}",
    '{% for i in l %}{% for j in m %}{% if loop.first %}{{ i }}{% endif %}{% endfor %}{% endfor %}',
    "{% set x = joiner(', ') %}{% for i in l %}{{ x() }}{{ i }}{% endfor %}",
    '{% set c = cycler(1,2) %}{% for i in l %}{{ c.next() }}{{ c.current }}{% endfor %}{% set _ = c.reset() %}{{ c.next() }}',
    "{% for m in messages %}{{ '<|' ~ m['role'] ~ '|>\\n' ~ m['content']|trim ~ eos_token }}{% endfor %}",
    '{% for m in messages %}{%- if m.tool_calls is defined and m.tool_calls %}{% for t in m.tool_calls %}{% set tc = t.function %}{{- tc.name }} {{ tc.arguments | tojson }}{% endfor %}{% endif %}{% endfor %}',
    '{% print s, 1 %}',
    '{% do x %}',
    "{% include 'x' %}",
    "{% extends 'x' %}",
    "{% import 'x' as y %}",
    '{% for i in 5 %}{% endfor %}',
    '{% for i in none %}{% endfor %}',
    '{% for i in undef %}a{% else %}b{% endfor %}',
    '{% set f = range %}{{ f(3)|list }}',
    "{{ range(*[1,4])|list }}{{ dict(**{'a':1}) }}",
    '{% set loop = 3 %}{{ loop }}',
    '{{ (1 if false) is defined }}{{ 1 if false }}',
    '{% for i in range(3) %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}',
    "{% for i in (l|select('gt',1)) %}{{ loop.last }}{{ loop.length }}{% endfor %}",
    '{%for i in l%}{{i}}{%endfor%}',
    '{%- for i in l -%} {{i}} {%- endfor -%}',
    '{% set a = b = 1 %}',
    "{{ {'a':1}['a'] if s else 2 }}",
    '{{ s if b and not c else e }}',
    '{% if (s and b) or c %}1{% endif %}',
    "{% if s is string and s|length > 3 and 'o' in s %}y{% endif %}",
    "{{ [1,2]|map('string')|join(',')|upper|length }}",
    '{% set q %}{% for i in l %}{{ i }}{% endfor %}{% endset %}{{ q|length }}',
    '{{ messages|tojson }}',
    '{{ messages[0] }}',
    '{{ messages|tojson(indent=4) }}',
    '{{ messages|length }}{{ messages|first }}{{ (messages|last).role }}',
    "{% set ns=namespace(a=[]) %}{% for m in messages %}{% set ns.a = ns.a + [m.role] %}{% endfor %}{{ ns.a|join(' ') }}",
    "{% for m in messages %}{% if m.role=='user' %}{% set ns2 = 1 %}{% endif %}{{ ns2 }}{% endfor %}",
    "{{ 'a' if tools is none }}{{ 'b' if tools is not none }}{{ 'c' if not tools }}",
    "{% for m in messages if m.role in ['user','assistant'] and loop %}{{ m.role }}{% endfor %}",
    '{{ caller }}{{ varargs }}',
    '{% macro a() %}{{ b2() }}{% endmacro %}{% macro b2() %}B{% endmacro %}{{ a() }}',
    '{% for i in l %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}',
    '{%if b%}\n\n\n{%endif%}\nx',
    '{%- set a=1 -%}\n\n{{a}}\n{%- set a=2 +%}\n{{a}}',
]


# Small templates in the manner of published ones.
STYLES = {
    "header tokens, tools in the user's turn": r"""{{- bos_token }}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{{- "Today Date: " + strftime_now("%d %b %Y") + "\n\n" + system_message + "<|eot_id|>" }}
{%- if tools is not none and messages | length != 0 %}
    {%- set first = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
    {{- '<|start_header_id|>user<|end_header_id|>\n\nTools:\n\n' -}}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\n\n" }}
    {%- endfor %}
    {{- first + "<|eot_id|>" }}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '{"name": "' + tool_call.name + '", "parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\n\n" }}
        {%- if message.content is mapping or (message.content is iterable and message.content is not string) %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
""",
    "im_start with tool tags": r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages and messages[0].role == 'system' %}{{- messages[0].content + '\n\n' }}{%- endif %}
    {{- "# Tools\n<tools>" }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\n</tools><|im_end|>\n" }}
{%- endif %}
{%- set ns = namespace(multi_step=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step and message.role == "user" and message.content is string and not(message.content.startswith('<r>') and message.content.endswith('</r>')) %}
        {%- set ns.multi_step = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}{%- set content = message.content %}{%- else %}{%- set content = '' %}{%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\n') %}
        {%- endif %}
        {{- '<|im_start|>assistant' }}
        {%- if loop.index0 > ns.last and reasoning %}{{- '\n<think>\n' + reasoning.strip('\n') + '\n</think>\n' }}{%- endif %}
        {{- '\n' + content.lstrip('\n') }}
        {%- for tool_call in message.tool_calls or [] %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\n<tool_call>\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}{{- tool_call.arguments | tojson }}{%- endif %}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<r>\n' + content + '\n</r>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
""",
    "bracketed instructions": r"""{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("roles must alternate user and assistant roles") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}{{- ", " }}{%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" }}{%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" + eos_token }}{%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool" %}
        {{- '[TOOL_RESULTS] {"content": ' + message.content|string + ", " }}
        {{- '"call_id": "' + message.tool_call_id + '"}[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported") }}
    {%- endif %}
{%- endfor %}
""",
    "turns with content parts": r"""{{ bos_token }}
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = (messages[0]['content'] if messages[0]['content'] is string else messages[0]['content'][0]['text']) + '\n\n' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
""",
    "schema macros": r"""{%- macro type_name(p) %}
    {%- set names = {"string": "str", "number": "float", "integer": "int"} %}
    {%- if p.type is defined and p.type == "array" %}
        {{- "list[" + type_name(p['items']) + "]" }}
    {%- elif p.type is defined and p.type is iterable and p.type is not string %}
        {{- p.type|map('title')|sort|join(' | ') }}
    {%- elif p.type is defined %}
        {{- names[p.type] if p.type in names else p.type }}
    {%- else %}
        {{- "any" }}
    {%- endif %}
{%- endmacro %}
{%- for tool in tools or [] %}
    {%- if tool.function is defined %}
        {%- set tool = tool.function %}
    {%- endif %}
    {{- "def " + tool.name + "(" }}
    {%- for name, fields in tool.parameters.properties|items %}
        {{- name + ": " + type_name(fields) }}
        {%- if name not in tool.parameters.required %}
            {{- " = None" }}
        {%- endif %}
        {%- if not loop.last %}
            {{- ", " }}
        {%- endif %}
    {%- endfor %}
    {{- ")\n" + (tool.description or "")|indent(4, first=true) + "\n" }}
{%- endfor %}
{%- for m in messages if m.role != "system" %}
    {%- filter trim %}
  {{ m.role|capitalize }}: {{ m.content if m.content is string else m.content|tojson }}
    {% endfilter %}
    {{- "\n" if not loop.last }}
{%- endfor %}
""",
}

WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Gets the w\u00e9ather.\nTwice.", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": ["integer", "null"]}}, "required": ["city"]}, "return": {"type": "object"}}}
ADD = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {
    "type": "object", "properties": {"all": {"type": "array", "items": {"type": "number"}}, "any": {}}, "required": ["all"]}}}
CALL = {"id": "call12345", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Z\u00fcrich", "days": None, "f": 1.5, "b": True}}}


def say(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = [
    [say("user", " Hi \n")],
    [say("system", "Be brief. "), say("user", "Hi"), say("assistant", " Yo "), say("user", "\u4f60\u597d \U0001f600")],
    [say("user", "w?"), say("assistant", "", tool_calls=[CALL]), say("tool", "{\"t\": 20}", tool_call_id="call12345"), say("assistant", "20."), say("user", "thx")],
    [say("user", "w?"), say("assistant", None, tool_calls=[CALL, CALL]), say("tool", "1", tool_call_id="a"), say("tool", "2", tool_call_id="b")],
    [say("user", [{"type": "image"}, {"type": "text", "text": " what? "}]), say("assistant", [{"type": "text", "text": "x"}])],
    [say("user", "q"), say("assistant", "<think>\nhm\n</think>\n\nans"), say("user", "r"), say("assistant", "<think>x</think>y")],
    [say("assistant", "first")],
    [],
]


def make():
    cases = [{"template": "{{ " + e + " }}", **render("{{ " + e + " }}", VARIABLES)} for e in EXPRESSIONS]
    cases += [{"template": t, **render(t, VARIABLES)} for t in TEMPLATES]
    own = pathlib.Path(__file__).parents[3] / "src" / "Athanor.Tokenizers" / "Chat" / "Templates"
    styles = dict(STYLES, **{p.stem: p.read_text(encoding="utf-8") for p in sorted(own.glob("*.jinja"))})
    chats = []
    for name, template in styles.items():
        for i, messages in enumerate(CONVERSATIONS):
            for tools in (None, [WEATHER, ADD]):
                if tools and name not in STYLES:
                    continue
                prompt = i % 2 == 0
                variables = {"messages": messages, "tools": tools, "add_generation_prompt": prompt, "bos_token": "<s>", "eos_token": "</s>"}
                chats.append({"style": name, "conversation": i, "tools": tools is not None, "prompt": prompt, **render(template, variables)})
    return {"variables": VARIABLES, "cases": cases, "styles": STYLES, "tools": [WEATHER, ADD], "conversations": CONVERSATIONS, "chats": chats}


path = pathlib.Path(__file__).with_name("vectors.json")
made = json.dumps(make(), indent=1, ensure_ascii=True) + "\n"
if "--check" in sys.argv:
    same = made == path.read_text(encoding="utf-8")
    print("agrees" if same else "differs", "with jinja2", jinja2.__version__)
    sys.exit(0 if same else 1)
path.write_text(made, encoding="utf-8")
print(len(EXPRESSIONS) + len(TEMPLATES), "templates,", len(json.loads(made)["chats"]), "conversations")
