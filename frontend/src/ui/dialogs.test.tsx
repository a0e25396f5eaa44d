import { Drawer, MantineProvider, Modal } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { theme } from './theme'

test.each([['Modal', Modal], ['Drawer', Drawer]] as const)('the cross of a %s has a name', async (_, Dialog) => {
  render(<MantineProvider theme={theme}><Dialog opened onClose={() => undefined} title="Title">Text</Dialog></MantineProvider>)
  expect(await screen.findByRole('button', { name: 'Close' })).toBeInTheDocument()
})
