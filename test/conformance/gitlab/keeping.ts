import { type Case, fails, says } from './types.ts'

/** What jobs leave to others: artifacts and caches. */
export const KEEPING: readonly Case[] = [
  {
    folder: 'artifacts-exclude',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'produce-artifacts': {}, 'consume-artifacts': { after: ['produce-artifacts'] } },
      kept: [
        ...['a', 'b', 'c'].map(name => `foo/${name}`),
        ...['qu', 'u', 'v', 'w', 'x'].map(name => `foo/qux/${name}`),
        ...['q', 'r', 's', 't'].map(name => `ux/${name}`),
      ],
    },
  },
  {
    folder: 'artifacts-no-shell-out',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { produce: {} }, kept: ['path/file1'] },
  },
  {
    folder: 'artifacts-shell',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { produce: {}, consume: { after: ['produce'] } },
      kept: ['path/file1'],
    },
  },
  {
    folder: 'artifacts-shell',
    file: '.gitlab-ci-when-never.yml',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { deploy: says('Getting artifacts from all producers') },
      out: ['build'],
      kept: [],
    },
  },
  {
    folder: 'artifacts-shell-fail',
    doc: 'ci/yaml#artifactspaths: what is not there is told, and fails no job',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: { build: {}, test: fails(), deploy: { log: ['Deploy something'], after: ['build', 'test'] } },
      kept: [],
    },
  },
  {
    folder: 'artifacts-shell-fail-always',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: { produce: fails(), consume: { state: 'skipped' } },
      kept: ['path/file1'],
    },
  },
  {
    folder: 'artifacts-to-source-no',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { produce: {}, 'produce-global': {} },
      kept: ['path/file-descriptor', 'path/file-global'],
    },
  },
  {
    folder: 'cache-directives',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': {} }, kept: [] },
  },
  {
    folder: 'cache-docker',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'produce-cache': {}, 'consume-cache': { after: ['produce-cache'] } },
    },
  },
  {
    folder: 'cache-docker-mount',
    doc: 'ci/yaml#cachekey: the value has no / in it',
    outcome: { kind: 'problems', at: [6, 16] },
  },
  {
    folder: 'cache-docker-mount-globstar',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      // No file of the cache has a name that ends with .js.
      jobs: { 'produce-cache': {}, 'consume-cache': fails() },
    },
  },
  {
    folder: 'cache-double-run',
    when: 'for the first time',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('Cache not warm') } },
  },
  {
    folder: 'cache-double-run',
    when: 'for the second time',
    occasion: { runs: 2 },
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { 'test-job': says('Cache warm') } },
  },
  {
    folder: 'cache-key-files',
    doc: 'ci/yaml#cachekeyfiles: CI/CD variables are not supported there, and files that are not there do not count: the keys differ',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        'produce-cache': {},
        'consume-cache': fails(),
        'cache-key-file referencing $CI_PROJECT_DIR': says('1'),
        'cache-key-file file dont exist': says('1'),
      },
    },
  },
  {
    folder: 'cache-key-files',
    file: '.gitlab-ci-1.yml',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { test: says('Wiiiii') } },
  },
  {
    folder: 'cache-key-files',
    file: '.gitlab-ci-2.yml',
    outcome: { kind: 'runs', pipeline: 'succeeded', jobs: { test: says('Wiiiii') } },
  },
  {
    folder: 'cache-key-invalid-files',
    file: '.gitlab-ci-empty.yml',
    outcome: { kind: 'problems', at: [6] },
  },
  {
    folder: 'cache-key-invalid-files',
    file: '.gitlab-ci-three.yml',
    doc: 'ci/yaml#cachekeyfiles: up to two',
    outcome: { kind: 'problems', at: [6] },
  },
  { folder: 'cache-paths-not-array', outcome: { kind: 'problems', at: [5] } },
  {
    folder: 'cache-shell',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { 'produce-cache': {}, 'consume-cache': { after: ['produce-cache'] } },
    },
  },
  {
    folder: 'cache-when',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        on_success_without_error: {},
        on_success_with_error: fails(),
        on_failure_without_error: {},
        on_failure_with_error: fails(),
        always_without_error: {},
        always_with_error: fails(),
      },
    },
  },
]
