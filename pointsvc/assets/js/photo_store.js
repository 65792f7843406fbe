// Photos that wait for a connection, kept by the browser itself: they outlive the page and the browser.
// Each has the key under which it is sent, so that sent twice it counts once.

const NAME = "inspections";
const STORE = "photos";

const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("inspection", "inspection");
  };
  return answered(request);
}

// Fails when the browser keeps nothing or is full; only what is written to the disk is kept.
async function within(mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const written = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [result] = await Promise.all([answered(act(transaction.objectStore(STORE))), written]);
    return result;
  } finally {
    database.close();
  }
}

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

// The bytes are read at once: a camera's file may be gone when it is asked for later.
export async function keep(inspection, item, file) {
  const content = new Blob([await file.arrayBuffer()], { type: file.type });
  const photo = { key: `photo-${newKey()}`, inspection, item, name: file.name, at: Date.now(), content };
  await within("readwrite", (store) => store.add(photo));
  return photo;
}

export async function waiting(inspection) {
  const photos = await within("readonly", (store) => store.index("inspection").getAll(inspection));
  return photos.sort((one, other) => one.at - other.at);
}

export const forget = (key) => within("readwrite", (store) => store.delete(key));
