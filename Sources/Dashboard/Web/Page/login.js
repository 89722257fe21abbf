// The link was good: on to the page, at the place that the link named.
location.replace("/" + location.hash);
