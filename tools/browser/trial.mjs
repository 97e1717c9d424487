// node trial.mjs CHROMIUM FOLDER: FOLDER holds model.tflite and trial.json; writes answer.json there.
import {readFile, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {dirname, extname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';
import puppeteer from 'puppeteer-core';

const TYPES = {'.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm'};
const HERE = dirname(fileURLToPath(import.meta.url));
const [chromium, folder] = process.argv.slice(2);

async function answer(request, response) {
  const path = normalize(decodeURI(new URL(request.url, 'http://localhost').pathname));
  const file = path === '/model.tflite' ? join(folder, path) : join(HERE, path);
  try {
    const content = await readFile(file);
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, {'Content-Type': type}).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

const server = createServer(answer).listen(0, 'localhost');
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ['--no-sandbox', '--headless=new'],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${server.address().port}/page.html`);
  await page.waitForFunction('window.trial');
  const {pixels, size, rounds, inBytes} = JSON.parse(await readFile(join(folder, 'trial.json')));
  const found = await page.evaluate(
    (...values) => window.trial(...values), pixels, size, rounds, inBytes);
  const result = {browser: await browser.version(), ...found};
  await writeFile(join(folder, 'answer.json'), JSON.stringify(result));
} finally {
  await browser.close();
  server.close();
}
