import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'

/** Beside the code, and long all the same. */
const LONG = 'src/**/*.long.test.ts'
/** Properties try the same cases in every run; BALLAST_SEED=2 and so on tries others. */
const setupFiles: string[] = ['test/properties.ts']

/**
 * `unit`: beside the code, over adapters and crafted bytes. `e2e`: real processes. `long`: real processes that are
 * killed or waited for, and commands that start a hundred times, so that `npm test` stays below ten minutes.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    // One less is vitest's own choice: of two cores that is one.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'web/src/**/*.test.ts',
            'test/contracts/**/*.test.ts',
            'test/hostile/**/*.test.ts',
            'test/conformance/compile.test.ts',
          ],
          exclude: [...configDefaults.exclude, LONG],
          testTimeout: 30_000,
          setupFiles,
        },
      },
      {
        test: {
          name: 'structure',
          include: ['test/structure/**/*.test.ts'],
          testTimeout: 120_000,
          setupFiles,
        },
      },
      {
        // Kills everything again and again, for minutes; runs the bundle, so by `npm run test:long`, which builds it.
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts', 'test/conformance/run.test.ts', LONG],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          setupFiles,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
export default config
