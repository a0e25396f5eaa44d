import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { ApiProblem, ConnectionProblem, type Problem } from '@/domain/problems'
import { QueryStates } from './states'
import { theme } from './theme'

const problem = (status: number, detail: string) =>
  new ApiProblem({ type: 'about:blank', title: 'No', status, detail, code: 'x', correlation_id: 'number-1', errors: [], instance: '/', retryable: false } as unknown as Problem)

function show(query: { error?: unknown; failureReason?: unknown }) {
  const all = { data: undefined, error: null, dataUpdatedAt: 0, refetch: () => null, ...query }
  render(<MantineProvider theme={theme}><QueryStates query={all}>{() => null}</QueryStates></MantineProvider>)
}

test('while the first attempts fail the page says that it goes on trying', () => {
  show({ failureReason: problem(503, 'The database does not answer.') })
  expect(screen.getByText('The server is busy: the page tries again by itself.')).toBeVisible()
  expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument()
  expect(screen.queryByRole('alert')).toBeNull()
})

test('a server that is away is called that', () => {
  show({ failureReason: new ConnectionProblem(null) })
  expect(screen.getByText(/The server does not answer: the page tries again/)).toBeVisible()
})

test('a failure says once what to do, and gives the number for the administrator', () => {
  show({ error: problem(503, 'The database does not answer. Try again in a moment.') })
  expect(screen.getByRole('alert').textContent.match(/Try again in a moment/g)).toHaveLength(1)
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible()
  expect(screen.getByText('number-1')).toBeVisible()
})

test('what does not exist is not offered to be tried again', () => {
  show({ error: problem(404, 'No such command.') })
  expect(screen.getByRole('alert')).toHaveTextContent(/No such command.*outside what your account may see/)
  expect(screen.queryByRole('button')).toBeNull()
})
