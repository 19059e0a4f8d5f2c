export default function ({ data }) {
  document.cookie = `${data.name}=${data.id}; path=/; max-age=2592000; samesite=lax`;
}
