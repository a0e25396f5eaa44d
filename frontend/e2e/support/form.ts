import type { Page } from '@playwright/test'
import type { Vehicle } from './api.ts'

/** Address of the form of a command for one vehicle. */
export function formFor({ vehicle_id: id }: Vehicle, command: string, params?: Record<string, unknown>): string {
  const filled = params === undefined ? '' : `&params=${encodeURIComponent(JSON.stringify(params))}`
  return `/send?vehicles=${id}&command=${command}${filled}`
}

export function sendButton(page: Page) {
  return page.locator('form button[type="submit"]')
}

export function outcome(page: Page) {
  return page.getByRole('region', { name: 'Outcome' })
}

export function troubleCode(page: Page, code: string) {
  return page.getByRole('article', { name: `Trouble code ${code}` })
}
