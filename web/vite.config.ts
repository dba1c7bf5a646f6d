import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'

/** `vite web` while developing: the API of a server that runs elsewhere is reached through it. */
const config: UserConfig = defineConfig({
  plugins: [react(), tailwind()],
  build: {
    // Those that know light-dark() and <dialog>.
    target: ['chrome125', 'firefox128', 'safari17.5'],
    // Even a small icon is a file of its own: the page's policy allows nothing inline.
    assetsInlineLimit: 0,
    sourcemap: true,
    // One file of some 220 kB compressed; the next pages are there when they are clicked.
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { '/api': process.env['BALLAST_URL'] ?? 'http://127.0.0.1:7420' } },
})
export default config
