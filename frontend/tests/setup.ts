import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// A busy machine draws a whole page slowly. Only a test that fails waits this long.
configure({ asyncUtilTimeout: 8000 })

afterEach(() => {
  cleanup()
})
