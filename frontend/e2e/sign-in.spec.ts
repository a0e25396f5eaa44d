import { admin } from './support/server.ts'
import { enter, expect, liveStatus, test } from './support/fixtures.ts'

test('a wrong password is said in words, the right one opens the address that was asked for', async ({ page, complaints }) => {
  complaints.allow(/status of 401/)
  await page.goto('/vehicles?search=golf')
  await page.getByLabel('User name').fill(admin.username)
  await page.locator('input[name="password"]').fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toContainText('User name or password is wrong')

  await page.locator('input[name="password"]').fill(admin.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible()
  await expect(page).toHaveURL(/search=golf/)
  await expect(liveStatus(page)).toHaveText('Live')
})

test('a reload keeps the session, signing out ends it in every tab', async ({ page, context }) => {
  await enter(page, '/vehicles')
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Fleet' })).toBeVisible()
  const second = await context.newPage()
  await second.goto('/settings')
  await expect(second.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()

  await page.getByRole('button', { name: admin.username }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByLabel('User name')).toBeVisible()
  await expect(second.getByLabel('User name')).toBeVisible()
})

test('no token is where a script of another page could read it', async ({ page, context }) => {
  await enter(page, '/vehicles')
  const [cookie] = (await context.cookies()).filter(({ name }) => name === 'sovd_session')
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/api/v1/auth/browser-session' })
  const stored = await page.evaluate(() => [localStorage, sessionStorage].map((store) => Object.entries(store).join()).join())
  expect(stored).not.toMatch(/eyJ|bearer/i)
})
