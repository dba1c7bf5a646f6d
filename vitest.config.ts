import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** `unit`: beside the code. `contracts`, `hostile`: over adapters and crafted bytes. `e2e`: real processes. */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'web/src/**/*.test.ts',
            'test/contracts/**/*.test.ts',
            'test/hostile/**/*.test.ts',
          ],
          testTimeout: 30_000,
        },
      },
      { test: { name: 'structure', include: ['test/structure/**/*.test.ts'], testTimeout: 120_000 } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
export default config
