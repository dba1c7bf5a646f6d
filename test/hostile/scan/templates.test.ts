import { describe, expect, test } from 'vitest'
import { scanTemplate } from '../../../src/formats/scan/template/scan.ts'
import { scanBytes, told } from './world.ts'

const verdict = (template: string): string => {
  const levels = scanTemplate(template).map(({ level }) => level)
  return levels.includes('unsafe') ? 'unsafe' : levels.includes('unknown') ? 'unknown' : 'safe'
}

describe('templates that reach beyond their data', () => {
  test.each([
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    '{{ ""["\\x5f\\x5fclass\\x5f\\x5f"] }}',
    '{{ ""["\\u005f_class__"] }}',
    "{{ ''|attr('__class__') }}",
    '{{ messages|attr(name) }}',
    "{{ messages|map(attribute='__class__')|list }}",
    "{{ messages|map('attr', '__class__')|list }}",
    '{{ self.__init__.__globals__.__builtins__ }}',
    '{{ self._TemplateReference__context.cycler.__init__.__globals__.os }}',
    '{{ cycler.__init__.__globals__.os.popen("id").read() }}',
    '{{ lipsum.__globals__["os"].popen("id") }}',
    '{{ joiner.__init__.__globals__ }}',
    '{{ namespace.__init__.__globals__ }}',
    '{{ lipsum(100000) }}',
    '{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}',
    '{% set x = [].__class__ %}',
    "{% if ''.__class__ %}{% endif %}",
    '{{ dict(__class__=1)|join }}',
    "{{ ''[('_'*2)~'class'~('_'*2)] }}",
    '{{ request.application.__globals__ }}',
    '{{ "{0.__class__}".format(messages) }}',
    '{{ "%c%c"|format(95, 95) }}',
    '{{ (messages.append).__self__ }}',
    '{{ messages.gi_frame.f_globals }}',
    '{% for i in range(999999999) %}x{% endfor %}',
    "{{ 'a' * 999999999 }}",
    '{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}',
    '{{ open("/etc/passwd") }}',
    '{{ exec("x") }}',
  ])('%s', template => {
    expect(verdict(template)).toBe('unsafe')
  })

  test.each([
    "{% include '/etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    '{{ unknown_function() }}',
    '{{ messages|unknown_filter }}',
    '{{ messages.unknown_method() }}',
    "{% set x = 'a' ~ 'b' %}{{ messages[x] }}",
    "{{ messages['a' ~ 'b'] }}",
    "{{ messages|attr('content') }}",
    '{{ never closed',
  ])('nobody vouches for %s', template => {
    expect(verdict(template)).toBe('unknown')
  })
})

describe('templates as models have them', () => {
  test.each([
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}{% endfor %}",
    "{{- bos_token }}{%- if messages[0].role == 'system' %}{{ messages[0].content | trim }}{%- endif %}",
    '{%- set ns = namespace(multi_step=true, last=messages|length - 1) %}{% for m in messages[::-1] %}{% set ns.last = loop.index0 %}{% endfor %}',
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}",
    "{%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}",
    '{%- macro render(x) -%}{{ x|tojson(indent=2) }}{%- endmacro -%}{{ render(tools) }}',
    "{{ strftime_now('%d %b %Y') }}{% generation %}x{% endgeneration %}",
    "{% for name, value in tool.parameters.items() %}{{ name ~ ': ' ~ value.type }}{% endfor %}",
    "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('\\n') }}",
    "{# __class__ in a comment #}{% raw %}{{ ''.__class__ }}{% endraw %}",
    'Plain text about __class__ and __globals__ and os.system.',
    "{{ messages[-1]['content'][2:5] }}{{ {'a': 1}['a'] }}{{ [1, 2][0] }}",
  ])('%s', template => {
    expect(scanTemplate(template)).toEqual([])
  })
})

test('templates are found in configurations, wherever they stand', async () => {
  const escaping = "{{ ''.__class__ }}"
  for (const config of [
    { chat_template: escaping },
    {
      chat_template: [
        { name: 'default', template: 'x' },
        { name: 'tools', template: escaping },
      ],
    },
    { a: { b: [{ prompt_template: escaping }] } },
  ]) {
    const report = await scanBytes(JSON.stringify(config), 'tokenizer_config.json')
    expect(told(report)).toContain('template/escape unsafe')
  }
  expect(told(await scanBytes(escaping, 'chat_template.jinja'))).toContain('template/escape unsafe')
})

test('a template of a million brackets is judged at once', () => {
  for (const part of ['{{', '{%', '((((', '[[', "'", '{{ a[', '{{ x|', '\\'])
    expect(scanTemplate(part.repeat(100_000)).length).toBeLessThan(25)
})
