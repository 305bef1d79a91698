/** The lab that is tested on: the shipped one, or another that is as whole, e.g. on other ports. */
export const labFile = process.env.CHAOSLAB_TEST_LAB ?? 'hw3/lab.yaml'
