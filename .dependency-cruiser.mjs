/** The law of imports: docs/architecture.md, "Layout". A part is entered through its index.ts. */
const law = {
  core: [],
  kernels: ['core'],
  formats: ['core', 'kernels'],
  model: ['core', 'kernels', 'formats'],
  convert: ['core', 'formats'],
  evaluate: ['core', 'formats', 'model'],
  optimize: ['core', 'kernels', 'formats', 'model', 'evaluate'],
  registry: ['core', 'kernels', 'formats'],
  rollout: ['core', 'evaluate'],
  pipeline: ['core'],
  config: ['core', 'model', 'evaluate', 'optimize', 'rollout', 'pipeline'],
  access: ['core'],
  notify: ['core'],
  inference: ['core', 'kernels', 'formats', 'model', 'api'],
  runner: ['core', 'pipeline', 'api'],
  git: ['core'],
  api: ['core'],
}
/** What the reader of a framework knows beyond the shared description: doors for converters, which load them late. */
const frameworks = 'formats/(boosting|keras|pickle|pytorch|sklearn|tensorflow|tflite)'
const parts = [...Object.keys(law), 'storage', 'server', 'cli']

const partRules = Object.entries(law).map(([part, allowed]) => ({
  name: `${part}-imports-only-its-own`,
  severity: 'error',
  from: { path: `^src/${part}/` },
  to: { path: '^src/', pathNot: `^src/(${[part, ...allowed].join('|')})/` },
}))

export default {
  forbidden: [
    ...partRules,
    {
      name: 'storage-imports-core-and-ports',
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/', pathNot: '^src/(storage/|core/index|[a-z]+/(ports|types|states|errors)\\.ts)' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'server-is-the-root',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(server|cli)/' },
      to: { path: '^src/server/' },
    },
    {
      name: 'parts-are-entered-by-their-door',
      severity: 'error',
      from: { path: '^src/([a-z]+)/', pathNot: '^src/storage/' },
      // server/supervision is a door of its own: a runner or a host must not load the whole control plane.
      to: {
        path: `^src/(${parts.join('|')})/`,
        pathNot: `^src/$1/|^src/([a-z]+|server/supervision|${frameworks})/index\\.ts$`,
      },
    },
    {
      name: 'readers-of-frameworks-are-for-converters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(formats|convert)/' },
      to: { path: `^src/${frameworks}/index\\.ts$` },
    },
    {
      name: 'web-sees-the-api-only',
      severity: 'error',
      from: { path: '^web/src/' },
      to: { path: '^src/', pathNot: '^src/api/' },
    },
    {
      name: 'no-cycles-between-files',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
