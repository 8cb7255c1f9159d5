(function () {
  "use strict";
  // Figures are saved from the page itself, as SVG or as PNG of twice the size.
  document.querySelectorAll("a[data-save]").forEach(function (link) {
    var figure = link.closest("figure");
    var svg = figure.querySelector("svg");
    var text = new XMLSerializer().serializeToString(svg);
    function address() {
      return URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    }
    function save(href, name) {
      var a = document.createElement("a");
      a.href = href;
      a.download = name;
      a.click();
    }
    link.addEventListener("click", function (event) {
      event.preventDefault();
      save(address(), figure.id + ".svg");
    });
    var png = document.createElement("button");
    png.type = "button";
    png.textContent = "PNG";
    png.addEventListener("click", function () {
      var image = new Image();
      image.onload = function () {
        var box = svg.viewBox.baseVal;
        var canvas = document.createElement("canvas");
        canvas.width = 2 * box.width;
        canvas.height = 2 * box.height;
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        save(canvas.toDataURL("image/png"), figure.id + ".png");
      };
      image.src = address();
    });
    link.after(" ", png);
  });
  // A table without groups is sorted by the column whose head is pressed.
  function value(row, place) {
    var text = row.cells[place] ? row.cells[place].textContent.trim() : "";
    var number = parseFloat(text.replace(/\u2212/g, "-").replace(/[\u202f<]/g, ""));
    return Number.isFinite(number) ? number : text;
  }
  document.querySelectorAll("figure.table table").forEach(function (table) {
    if (!table.tHead || table.querySelector("tr.group")) return;
    var place = 0;
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head) {
      var here = place;
      place += head.colSpan;
      var button = document.createElement("button");
      button.type = "button";
      button.append.apply(button, Array.prototype.slice.call(head.childNodes));
      head.append(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("th").forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var body = table.tBodies[0];
        Array.prototype.slice.call(body.rows).sort(function (a, b) {
          var x = value(a, here), y = value(b, here);
          var order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0)
            : typeof x === "number" ? -1 : 1;
          return up ? order : -order;
        }).forEach(function (row) { body.append(row); });
      });
    });
  });
})();
