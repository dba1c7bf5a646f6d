import { type Case, fails, says } from '../types.ts'

/** Of this repository's own cases: what waits for what. */
export const ORDER: readonly Case[] = [
  {
    folder: 'manual',
    when: 'nobody starts them',
    doc: 'ci/jobs/job_control#types-of-manual-jobs: in rules they block',
    outcome: {
      kind: 'runs',
      pipeline: 'blocked',
      jobs: {
        first: { state: 'waiting' },
        optional: { state: 'blocked' },
        free: says('free'),
        last: { state: 'blocked' },
      },
    },
  },
  {
    folder: 'manual',
    when: 'the first is started',
    occasion: { manual: ['first'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        first: says('word=chosen'),
        optional: { state: 'waiting' },
        free: says('free'),
        last: says('last'),
      },
    },
  },
  {
    folder: 'matrix',
    occasion: { changed: ['linux/x', 'mac/y'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'build: [linux, 32]': says('build: [linux, 32]|build|linux/32 1/5'),
        'build: [linux, 64]': says('build: [linux, 64]|build|linux/64 2/5'),
        'build: [mac, 64]': says('build: [mac, 64]|build|mac/64 4/5'),
        'count 1/2': says('count 1/2 1/2'),
        'count 2/2': says('count 2/2 2/2'),
        'one 1/1': says('one 1/1 1/1'),
        after: { after: ['build: [linux, 32]', 'build: [linux, 64]', 'build: [mac, 64]'] },
        'after-one': { after: ['build: [linux, 64]'] },
      },
      out: ['build: [mac, 32]', 'build: [web]'],
    },
  },
  {
    folder: 'needs',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        one: {},
        two: {},
        some: { after: ['one', 'two'] },
        none: { after: [] },
        staged: { after: ['one', 'two'] },
        chosen: { after: ['some', 'staged'] },
        'same-stage': { log: ['after some'], after: ['some'] },
      },
      kept: ['one.txt', 'two.txt'],
    },
  },
  {
    folder: 'children',
    doc: 'ci/pipelines/downstream_pipelines#pass-cicd-variables-to-a-downstream-pipeline: with the values of the trigger job',
    occasion: { var: ['WORD=world'] },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        generate: {},
        dynamic: { after: ['generate'] },
        'dynamic/made': says('made by generate, hello-world for dynamic from parent_pipeline'),
        failing: { state: 'failed', forgiven: true },
        'failing/bad': fails(),
        unwatched: {},
        'unwatched/bad': fails(),
        'with-inputs': {},
        'with-inputs/greet': says('somebody []'),
        elsewhere: {},
        end: { log: ['end'], after: ['dynamic', 'failing', 'unwatched', 'with-inputs', 'elsewhere'] },
      },
      kept: ['child.yml'],
    },
  },
  { folder: 'mistakes', outcome: { kind: 'problems', at: [3, 7, 11, 15, 19, 23, 27, 31] } },
  { folder: 'bad-rule', outcome: { kind: 'problems', at: [2, 7] } },
  { folder: 'unknown-base', outcome: { kind: 'problems', at: [2, 6] } },
  { folder: 'unknown-reference', outcome: { kind: 'problems', at: [2, 6] } },
  { folder: 'needs-circle', outcome: { kind: 'problems', at: [2] } },
  { folder: 'nothing', when: 'a push', outcome: { kind: 'nothing' } },
  {
    folder: 'rule-needs',
    when: 'the default branch',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { dev: {}, live: {}, check: { log: ['check'], after: ['live'] } },
    },
  },
  {
    folder: 'rule-needs',
    when: 'another branch',
    occasion: { branch: 'topic' },
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: { dev: {}, live: {}, check: { log: ['check'], after: ['dev'] } },
    },
  },
  {
    folder: 'on-failure',
    outcome: {
      kind: 'runs',
      pipeline: 'failed',
      jobs: {
        early: {},
        broken: fails(),
        told: { log: ['told'], after: ['broken'] },
        untold: { state: 'skipped' },
        staged: says('staged'),
        cleanup: { log: ['cleanup'], after: ['staged'] },
      },
    },
  },
  {
    folder: 'matrix-environments',
    outcome: {
      kind: 'runs',
      pipeline: 'succeeded',
      jobs: {
        'roll: [east]': { log: ['live/east https://east.example.com'], environment: 'live/east' },
        'roll: [west]': { log: ['live/west https://west.example.com'], environment: 'live/west' },
      },
    },
  },
]
