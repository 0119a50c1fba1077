/** The page of a ticket on paper: a button that opens the browser's own dialog. */

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => print());
