import { type Case, fails, says } from './types.ts'

/** How files are put together and read: includes, inputs, components, templates, references, schema. */
const INPUTS = 'include-inputs/input-templates'
const TEMPLATE = '.gitlab-ci-input-template.yml'
const CATALOG = "a component of gitlab.com's catalog, from the network"

export const FILES: readonly Case[] = [
  {
    folder: 'completion',
    outcome: { kind: 'problems', at: [3], says: /\.gitlab-ci-invalid\.yml/ },
  },
  {
    folder: 'duplicated-keys',
    doc: 'ci/jobs: of several keys of one name the last one counts; anchors are YAML, and stay',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'duplicated-keys': says('', '2'),
        'duplicated-keys anchor tag can still be referenced': says('1', '2'),
        'duplicated-keys variables overwritten': says('', '2'),
      },
    },
  },
  { folder: 'include-component/component', outcome: { kind: 'out-of-reach', why: CATALOG, at: 3 } },
  {
    folder: 'include-component/component-latest-semver',
    outcome: { kind: 'out-of-reach', why: CATALOG, at: 4 },
  },
  {
    folder: 'include-component/component-major-semver',
    outcome: { kind: 'out-of-reach', why: CATALOG, at: 3 },
  },
  {
    folder: 'include-component/component-minor-semver',
    outcome: { kind: 'out-of-reach', why: CATALOG, at: 3 },
  },
  {
    folder: 'include-component/component-non-semver-tag',
    outcome: { kind: 'out-of-reach', why: CATALOG, at: 5 },
  },
  {
    folder: 'include-component/no-component-template-file',
    outcome: { kind: 'out-of-reach', why: CATALOG, at: 3 },
  },
  {
    folder: 'include-component/component-local',
    doc: 'ci/yaml/expressions#component-context: fields of the component are declared in spec:component',
    outcome: { kind: 'problems', at: [9, 10].map(line => `conformance/project/my-component@COMMIT:${line}`) },
  },
  {
    folder: `${INPUTS}/basic-example`,
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'scan-website': says('hello website', 'hello website', 'hello website'),
        'scan-db': says('hello db', 'hello db', 'hello db'),
      },
    },
  },
  {
    folder: `${INPUTS}/default`,
    doc: 'ci/inputs#input-types: a whole value is of the type of the input, so two more commands: alice and bob',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        'scan-website': {
          ...fails('string', '1', 'true', 'overwrite default value', /alice/),
          steps: ['alice', 'bob'],
        },
      },
    },
  },
  {
    folder: `${INPUTS}/interpolation-key-hyphen`,
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'scan-website': says('baz') } },
  },
  {
    folder: `${INPUTS}/interpolation-repeat`,
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'job foo foo': says('foofoo') } },
  },
  {
    folder: `${INPUTS}/interpolation-value-escapes`,
    outcome: {
      kind: 'runs',
      // The text comes through as it is; for the shell it is a syntax error.
      pipeline: 'failed',
      jobs: {
        'scan-website': {
          state: 'failed',
          steps: [
            String.raw`echo ^v?(?P<major>[0-9]+)\.(?P<minor>[0-9]+)\.(?P<patch>[0-9]+)(?P<suffix>(?P<prerelease>-[0-9A-Za-z-\.]+)?(?P<build>\+[0-9A-Za-z-\.]+)?)$`,
          ],
        },
      },
    },
  },
  {
    folder: `${INPUTS}/options-array1-validation`,
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'scan-website': says(/^\[foo, ?baz\]$/) },
    },
  },
  {
    folder: `${INPUTS}/options-array2-validation`,
    outcome: { kind: 'problems', at: [5], says: /fizz/ },
  },
  { folder: `${INPUTS}/options-validation`, outcome: { kind: 'problems', at: [5], says: /fizz/ } },
  {
    folder: `${INPUTS}/regex-validation-invalid-pattern`,
    outcome: { kind: 'problems', at: [`${TEMPLATE}:5`] },
  },
  {
    folder: `${INPUTS}/regex-validation-pass`,
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { deploy: says('v1.2.3') } },
  },
  {
    folder: `${INPUTS}/regex-validation`,
    outcome: { kind: 'problems', at: [5], says: /invalid-version/ },
  },
  {
    folder: `${INPUTS}/required-inputs`,
    outcome: { kind: 'problems', at: [3], says: /required_inputs/ },
  },
  {
    folder: `${INPUTS}/too-many-functions-in-interpolation-block`,
    outcome: { kind: 'problems', at: [`${TEMPLATE}:8`] },
  },
  { folder: `${INPUTS}/type-validation/array`, outcome: { kind: 'problems', at: [5], says: /array/ } },
  { folder: `${INPUTS}/type-validation/boolean`, outcome: { kind: 'problems', at: [5], says: /boolean/ } },
  { folder: `${INPUTS}/type-validation/number`, outcome: { kind: 'problems', at: [5], says: /number/ } },
  { folder: `${INPUTS}/type-validation/string`, outcome: { kind: 'problems', at: [5], says: /string/ } },
  {
    folder: `${INPUTS}/type-validation/unsupported`,
    outcome: { kind: 'problems', at: [`${TEMPLATE}:5`], says: /foo/ },
  },
  {
    folder: `${INPUTS}/types/array`,
    when: 'a push',
    outcome: { kind: 'nothing', out: ['test_job'] },
  },
  {
    folder: `${INPUTS}/types/array`,
    when: 'a schedule',
    occasion: { event: 'schedule' },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { test_job: {} } },
  },
  {
    folder: `${INPUTS}/types/array`,
    when: 'a merge request',
    doc: 'ci/yaml#allow_failure: of when: manual in rules it is false, so the pipeline waits',
    occasion: { event: 'merge_request', branch: 'topic' },
    outcome: { kind: 'runs', pipeline: 'blocked', jobs: { test_job: { state: 'waiting' } } },
  },
  {
    folder: `${INPUTS}/types/boolean`,
    file: '.gitlab-ci-1.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'scan-website': { log: ['true'], interruptible: true } },
    },
  },
  {
    folder: `${INPUTS}/types/boolean`,
    file: '.gitlab-ci-2.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'scan-website': { log: ['false'], interruptible: false } },
    },
  },
  {
    folder: `${INPUTS}/unknown-interpolation-key-1`,
    outcome: { kind: 'problems', at: [`${TEMPLATE}:6`], says: /foo/ },
  },
  {
    folder: `${INPUTS}/unknown-interpolation-key-2`,
    outcome: { kind: 'problems', at: [`${TEMPLATE}:9`], says: /foo/ },
  },
  {
    folder: 'include-invalid-remote',
    outcome: { kind: 'out-of-reach', why: 'a file from the network, and without a digest', at: 3 },
  },
  {
    folder: 'include-project-file-with-variable',
    when: 'the project is at hand',
    occasion: {
      var: ['FILE_NAME=mock-test-file'],
      projectPath: ['test-group/gitlab-ci-local-test=.'],
    },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('Hello from test file') },
    },
  },
  {
    folder: 'include-project-file-with-variable',
    when: 'there is no such project',
    outcome: { kind: 'problems', at: [3], says: /test-group\/gitlab-ci-local-test/ },
  },
  {
    folder: 'include-template',
    when: 'a push of the default branch',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('Test something') } },
  },
  {
    folder: 'include-template',
    when: 'a push of another branch',
    occasion: { branch: 'topic' },
    outcome: { kind: 'nothing' },
  },
  {
    folder: 'include-template',
    when: 'a tag',
    occasion: { event: 'tag', ref: 'v1' },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('Test something') } },
  },
  {
    folder: 'reference-circular-chain',
    outcome: { kind: 'problems', at: [4] },
  },
  {
    folder: 'schema-validation',
    outcome: { kind: 'problems', at: [3, 6, 7, 8] },
  },
  {
    folder: 'schema-validation',
    file: '.gitlab-ci-4-errors.yml',
    outcome: { kind: 'problems', at: [4, 9, 14, 19] },
  },
  {
    folder: 'schema-validation',
    file: '.gitlab-ci-5-errors.yml',
    outcome: { kind: 'problems', at: [4, 9, 14, 19, 24] },
  },
  {
    folder: 'schema-validation',
    file: '.gitlab-ci-6-errors.yml',
    outcome: { kind: 'problems', at: [4, 9, 14, 19, 24, 29] },
  },
  {
    folder: 'schema-validation',
    file: '.gitlab-ci-issue-1277.yml',
    when: 'the default branch',
    outcome: { kind: 'nothing', out: ['my-job'] },
  },
  {
    folder: 'schema-validation',
    file: '.gitlab-ci-issue-1277.yml',
    when: 'another branch',
    occasion: { branch: 'topic' },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'my-job': says('test') } },
  },
  {
    folder: 'schema-validation-ignore',
    file: '.gitlab-ci-1.yml',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { job: says('hello world') } },
  },
  {
    folder: 'schema-validation-ignore',
    file: '.gitlab-ci-2.yml',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { job: says('hello world') } },
  },
  {
    folder: 'script-multidimension',
    file: '.gitlab-ci-10-level-deep.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'test-job': says('1', '2', '3', '4', '5', '6', '7', '8', '9', '10') },
    },
  },
  {
    folder: 'script-multidimension',
    file: '.gitlab-ci-11-level-deep.yml',
    doc: 'ci/yaml/yaml_optimization: lists in lists, up to 10 deep',
    outcome: { kind: 'problems', at: [14] },
  },
]
