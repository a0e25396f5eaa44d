import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// The API that `npm run dev` talks to. `changeOrigin` stays off: the server compares Origin with Host.
const api = process.env.SOVD_API ?? 'http://127.0.0.1:8000'
const toApi = { target: api, changeOrigin: false }

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: {
      '/api': toApi,
      '/health': toApi,
      '/docs': toApi,
      '/redoc': toApi,
      '/openapi.json': toApi,
      '/metrics': toApi,
      '/ws': { ...toApi, ws: true },
    },
  },
  build: {
    outDir: '../backend/app/page_files',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // The content security policy allows no inline code, and data: only for pictures.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
    maxWorkers: 2,
    testTimeout: 20_000,
  },
})
