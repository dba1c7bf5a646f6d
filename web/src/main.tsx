// First, so that no schema is made before it.
import './api/no-eval.ts'

import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from './app/client.ts'
import { router } from './app/router.tsx'
import { applyTheme, storedTheme } from './app/theme.ts'
import { I18nProvider } from './i18n/index.tsx'
import './app/styles.css'

applyTheme(storedTheme())
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <I18nProvider>
      <QueryClientProvider client={createClient()}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
)
