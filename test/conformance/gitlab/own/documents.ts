import { type Case, fails, says } from '../types.ts'

/** Of this repository's own cases: how files are put together, and which jobs are in. */
export const DOCUMENTS: readonly Case[] = [
  {
    folder: 'include-glob',
    doc: 'ci/yaml/includes#use-includelocal-with-wildcard-file-paths, #use-rules-with-include',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'from-a': { log: ['a'], after: ['from-b'] },
        'from-b': says('overridden'),
        deep: says('deep'),
        on: says('on'),
      },
    },
  },
  { folder: 'include-circle', outcome: { kind: 'problems', at: ['b.yml:2'] } },
  {
    folder: 'inputs',
    when: 'by default',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'suite: [unit]': says('suite=unit level=low'),
        'suite: [end to end]': says('suite=end to end level=low'),
        'lint true 1/2': says('cut=cde n=2'),
        'lint true 2/2': says('cut=cde n=2'),
      },
    },
  },
  {
    folder: 'inputs',
    when: 'given',
    occasion: { input: ['level=high', 'suites=["one"]', 'lint/enabled=false', 'count=1'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'suite: [one]': says('suite=one level=high'), 'lint false 1/1': says('cut=cde n=1') },
    },
  },
  {
    folder: 'merging',
    doc: 'ci/yaml/yaml_optimization: what is extended is left out by null',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        joined: says('before of more', 'hello', 'nested', 'hello', 'A=base B=more C=own'),
        anchored: says('hello', 'A=base B=own'),
        referenced: says('NICE=own TAKEN=reference'),
        nulled: { log: ['B='], silent: ['before of more'] },
      },
    },
  },
  {
    folder: 'rules',
    occasion: { changed: ['src/x.py', 'src/a/b.py'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        eq: says('in'),
        'null-check': says('in'),
        regex: says('in'),
        'pattern-in-variable': says('in'),
        changed: { ...fails('seen=changed'), forgiven: true },
        both: says('in'),
        late: says('in'),
        nested: says('in'),
      },
      out: ['parens', 'order', 'unchanged'],
    },
  },
  {
    folder: 'only',
    occasion: { changed: ['src/x.ts'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { branches: says('in'), named: says('in'), pushes: says('in') },
      out: ['tags', 'excepted', 'merge-requests'],
    },
  },
  {
    folder: 'top-level',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        plain: says('global before', '42 described', 'global after'),
        own: { log: ['own before', 'n=1', 'n=2', 'folded line'], silent: ['global'] },
      },
    },
  },
  {
    folder: 'nothing',
    when: 'a schedule',
    occasion: { event: 'schedule' },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'only-scheduled': says('kind=nightly') } },
  },
  { folder: 'nothing', when: 'a tag', occasion: { event: 'tag', ref: 'v1' }, outcome: { kind: 'nothing' } },
  {
    folder: 'nothing',
    when: 'a push of a branch that is let in',
    occasion: { branch: 'release' },
    outcome: { kind: 'nothing', out: ['only-scheduled'] },
  },
  {
    folder: 'references',
    doc: 'ci/yaml/yaml_optimization#reference-tags; what extends brings is put together before references are',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        decided: says('kind=good', 'deeper', 'shared in decided'),
        holder: says('held'),
        heir: says('held'),
        named: says('deeper', 'shared in named', 'deeper', 'shared in named', 'word=shared', 'deeper'),
      },
    },
  },
  {
    folder: 'reference-depth',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { job: says('deep') } },
  },
  {
    folder: 'reference-depth',
    file: 'too-deep.yml',
    doc: 'ci/yaml/yaml_optimization#nest-reference-tags-in-script-before_script-and-after_script: 10 levels',
    outcome: { kind: 'problems', at: [22] },
  },
  {
    folder: 'rule-syntax',
    doc: 'ci/jobs/job_rules#cicd-variable-expressions: $NAME, and == for equal',
    outcome: { kind: 'problems', at: [2, 6] },
  },
  { folder: 'rule-blank', outcome: { kind: 'problems', at: [2] } },
  { folder: 'input-defaults', outcome: { kind: 'problems', at: [4, 7, 10] } },
  {
    folder: 'includes-of-all-kinds',
    occasion: { var: ['FOLDER=ci'], projectPath: ['team/shared=.'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        text: says('who=the main file also=text'),
        variable: says('variable'),
        two: says('two'),
        own: says('before', 'who=the main file'),
      },
    },
  },
]
