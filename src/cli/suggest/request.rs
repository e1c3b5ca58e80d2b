//! The request of a query, as the options say it.

use crate::domain::harvest::RequestSpec;
use crate::domain::job::JobSpec;
use crate::domain::request::Method;

/// How a query is asked.
#[derive(Debug, clap::Args)]
pub(super) struct RequestOptions {
    /// The endpoint, with {query} where the query goes, unless what is sent has it
    #[arg(value_name = "TEMPLATE")]
    template: String,
    /// GET or POST [default: POST when there is something to send]
    #[arg(long, value_name = "METHOD")]
    method: Option<Method>,
    /// Send a form with this field, such as 'q={query}' (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    form: Vec<(String, String)>,
    /// Send this JSON, with {query} within its strings
    #[arg(long, value_name = "JSON", conflicts_with = "form")]
    json_body: Option<String>,
    /// Send this text, with {query} in it
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["form", "json_body"])]
    body: Option<String>,
    /// Media type of the text [default: text/plain; charset=utf-8]
    #[arg(long, value_name = "TYPE", requires = "body")]
    content_type: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.ok_or_else(|| format!("'{text}' is not NAME=VALUE"))?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

impl RequestOptions {
    /// The request. Headers with a place for the query move into it from the job, a login in the
    /// URL to the job's secrets.
    pub(super) fn spec(&self, job: &mut JobSpec) -> RequestSpec {
        let headers;
        (headers, job.headers) =
            job.headers.drain(..).partition(|(_, value)| value.contains("{query}"));
        let mut request = RequestSpec {
            method: self.method,
            url: self.template.trim().to_owned(),
            params: Vec::new(),
            form: self.form.clone(),
            json: self.json_body.clone(),
            body: self.body.clone(),
            content_type: self.content_type.clone(),
            headers,
        };
        if let Some(origin) = request.take_login(&mut job.secrets) {
            log::warn!(
                "the login in the URL is sent to {origin} only; while this runs other users of \
                 this machine may read it: username and password_file under [hosts] are safe"
            );
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(template: &str) -> RequestOptions {
        RequestOptions {
            template: template.to_owned(),
            method: None,
            form: Vec::new(),
            json_body: None,
            body: None,
            content_type: None,
        }
    }

    #[test]
    fn a_login_is_no_part_of_the_request() {
        for (given, url) in [
            ("https://me:p%40ss@a.test/s?q={query}&m=x@y", "https://a.test/s?q={query}&m=x@y"),
            ("me:pass@a.test?q={query}", "https://a.test?q={query}"),
            ("https://a.test/s?q={query}&m=x@y", "https://a.test/s?q={query}&m=x@y"),
        ] {
            let mut job = JobSpec::default();
            let spec = options(given).spec(&mut job);
            assert_eq!(spec.url, url);
            assert_eq!(job.secrets.origins.len(), usize::from(!given.starts_with("https://a")));
        }
    }

    #[test]
    fn headers_with_a_place_for_the_query_belong_to_the_request() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![pair("Referer", "https://a.test/{query}"), pair("X-A", "{x}")];
        let mut job = JobSpec { headers, ..JobSpec::default() };
        let spec = options("a.test/").spec(&mut job);
        assert_eq!(spec.headers, [pair("Referer", "https://a.test/{query}")]);
        assert_eq!(job.headers, [pair("X-A", "{x}")]);
    }
}
